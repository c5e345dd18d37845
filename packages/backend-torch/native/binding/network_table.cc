#include "../operations/convolution.h"
#include "../operations/convolution_3d.h"
#include "../compute/dilation.h"
#include "../operations/local_response.h"
#include "../compute/pooling.h"
#include "../operations/product.h"
#include "../operations/spectral.h"
#include "forms.h"
#include "tables.h"

namespace interfuse {

std::vector<Entry> network_entries() {
  return {
      {"BatchMatMul", bind<batch_matmul>},
      {"Einsum", bind<einsum>},
      {"_FusedMatMul", bind<fused_matmul>},
      {"Conv2D", bind<convolution>},
      {"Conv2DBackpropFilter", bind<convolution_grad_weight>},
      {"Conv2DBackpropInput", bind<convolution_grad_input>},
      {"FusedConv2D", bind<fused_convolution>},
      {"DepthwiseConv2dNative", bind<depthwise>},
      {"DepthwiseConv2dNativeBackpropFilter", bind<depthwise_grad_weight>},
      {"DepthwiseConv2dNativeBackpropInput", bind<depthwise_grad_input>},
      {"FusedDepthwiseConv2D", bind<fused_depthwise>},
      {"Conv3D", bind<convolution_3d>},
      {"Conv3DBackpropFilterV2", bind<convolution_3d_grad_weight>},
      {"Conv3DBackpropInputV2", bind<convolution_3d_grad_input>},
      {"Dilation2D", bind_on_host<dilation>},
      {"Dilation2DBackpropFilter", bind_on_host<dilation_grad_filter>},
      {"Dilation2DBackpropInput", bind_on_host<dilation_grad_input>},
      {"FFT", bind<fourier>},
      {"IFFT", bind<inverse_fourier>},
      {"LRN", bind<local_response>},
      {"LRNGrad", bind<local_response_grad>},
      {"FusedBatchNorm", bind<batch_norm>},
      {"AvgPool", BY_DEVICE(average_pool)},
      {"AvgPoolGrad", BY_DEVICE(average_pool_grad)},
      {"MaxPool", BY_DEVICE(max_pool)},
      {"MaxPoolGrad", BY_DEVICE(max_pool_grad)},
      {"MaxPoolWithArgmax", bind_on_host<max_pool_with_argmax>},
  };
}

}  // namespace interfuse
