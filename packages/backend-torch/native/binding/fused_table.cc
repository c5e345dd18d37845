#include "../compute/activation.h"
#include "../compute/attention.h"
#include "../compute/convolution.h"
#include "../compute/embedding.h"
#include "../compute/group_norm.h"
#include "../compute/linear.h"
#include "../compute/loss.h"
#include "../compute/muon.h"
#include "../compute/normalization.h"
#include "../compute/optimizer.h"
#include "tables.h"

namespace interfuse {

std::vector<Entry> fused_entries() {
  return {
      {"Linear", bind<linear>},
      {"LinearGradInput", bind<linear_grad_input>},
      {"LinearGradWeight", bind<linear_grad_weight>},
      {"LinearGradBias", bind<linear_grad_bias>},
      {"RmsNorm", bind<rms_norm>},
      {"RmsNormGrad", bind<rms_norm_grad>},
      {"RotaryEmbedding", bind<rotary_embedding>},
      {"SwiGlu", bind<swiglu>},
      {"SwiGluGrad", bind<swiglu_grad>},
      {"Attention", bind<attention>},
      {"AttentionGrad", bind<attention_grad>},
      {"Embedding", bind<embedding>},
      {"EmbeddingGrad", bind<embedding_grad>},
      {"CrossEntropy", bind<cross_entropy>},
      {"CrossEntropyGrad", bind<cross_entropy_grad>},
      {"GroupNorm", bind<group_norm>},
      {"GroupNormGrad", bind<group_norm_grad>},
      {"GroupedConv2d", bind<grouped_convolution>},
      {"GroupedConv2dGradInput", bind<grouped_convolution_grad_input>},
      {"GroupedConv2dGradWeight", bind<grouped_convolution_grad_weight>},
      {"WriteRows", bind<write_rows>},
      {"AdamWUpdate", bind<adamw_update>},
      {"MuonUpdate", bind<muon_update>},
      {"EmaUpdate", bind<ema_update>},
  };
}

}  // namespace interfuse
