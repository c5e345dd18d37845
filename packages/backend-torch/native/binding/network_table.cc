#include "../compute/convolution.h"
#include "../compute/pooling.h"
#include "../compute/product.h"
#include "../compute/resize.h"
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
      {"FusedBatchNorm", bind<batch_norm>},
      {"AvgPool", bind<average_pool>},
      {"AvgPoolGrad", bind<average_pool_grad>},
      {"MaxPool", bind<max_pool>},
      {"MaxPoolGrad", bind<max_pool_grad>},
      {"ResizeBilinear", bind<resize_bilinear>},
      {"ResizeBilinearGrad", bind<resize_bilinear_grad>},
      {"ResizeNearestNeighbor", bind<resize_nearest>},
      {"ResizeNearestNeighborGrad", bind<resize_nearest_grad>},
  };
}

}  // namespace interfuse
