#include "../compute/activation.h"
#include "../compute/attention.h"
#include "../operations/convolution.h"
#include "../compute/embedding.h"
#include "../compute/group_norm.h"
#include "../operations/linear.h"
#include "../compute/loss.h"
#include "../operations/muon.h"
#include "../compute/normalization.h"
#include "../compute/optimizer.h"
#include "../compute/random_numbers.h"
#include "../compute/rotary.h"
#include "../operations/swiglu_linear.h"
#include "forms.h"
#include "tables.h"

namespace interfuse {

std::vector<Entry> fused_entries() {
  return {
      {"Linear", bind<linear>},
      {"LinearGradInput", bind<linear_grad_input>},
      {"LinearGradWeight", bind<linear_grad_weight>},
      {"LinearGradBias", bind<linear_grad_bias>},
      {"RmsNorm", BY_DEVICE(rms_norm)},
      {"RmsNormGrad", BY_DEVICE(rms_norm_grad)},
      {"RotaryEmbedding", BY_DEVICE(rotary_embedding)},
      {"NormedRotary", BY_DEVICE(normed_rotary)},
      {"NormedRotaryGrad", BY_DEVICE(normed_rotary_grad)},
      {"SwiGlu", BY_DEVICE(swiglu)},
      {"SwiGluGrad", BY_DEVICE(swiglu_grad)},
      {"SwiGluLinear", bind<swiglu_linear>},
      {"SwiGluLinearGrad", bind<swiglu_linear_grad>},
      {"Attention", BY_DEVICE(attention)},
      {"AttentionGrad", BY_DEVICE(attention_grad)},
      {"Embedding", BY_DEVICE(embedding)},
      {"EmbeddingGrad", BY_DEVICE(embedding_grad)},
      {"CrossEntropy", BY_DEVICE(cross_entropy)},
      {"CrossEntropyGrad", BY_DEVICE(cross_entropy_grad)},
      {"GroupNorm", BY_DEVICE(group_norm)},
      {"GroupMoments", BY_DEVICE(group_moments)},
      {"GroupNormWith", BY_DEVICE(group_norm_with)},
      {"GroupNormGrad", BY_DEVICE(group_norm_grad)},
      {"GroupedConv2d", bind<grouped_convolution>},
      {"GroupedConv2dGradInput", bind<grouped_convolution_grad_input>},
      {"GroupedConv2dGradWeight", bind<grouped_convolution_grad_weight>},
      {"Normal", bind_on_host<normal>},
      {"WriteRows", BY_DEVICE(write_rows)},
      {"AdamWUpdate", BY_DEVICE(adamw_update)},
      {"MuonUpdate", BY_DEVICE(muon_update)},
      {"EmaUpdate", BY_DEVICE(ema_update)},
  };
}

}  // namespace interfuse
