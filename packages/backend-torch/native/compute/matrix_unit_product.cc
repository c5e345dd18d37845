#include "matrix_unit_product.h"

#include <ATen/ATen.h>

#ifdef __AMX_BF16__
extern "C" __attribute__((weak)) void cblas_gemm_bf16bf16f32(int layout, int transpose_a, int transpose_b, int rows,
                                                             int columns, int depth, float alpha, const void* a,
                                                             int a_stride, const void* b, int b_stride, float beta,
                                                             float* c, int c_stride);
#endif

namespace interfuse {

Tensor matrix_unit_linear(const Tensor& x, const Tensor& weight) {
#ifdef __AMX_BF16__
  constexpr int kRowMajor = 101, kPlain = 111, kTransposed = 112;
  if (cblas_gemm_bf16bf16f32 == nullptr) return {};
  const Tensor left = x.contiguous();
  const Tensor right = weight.contiguous();
  Ints sizes = x.sizes().vec();
  sizes.back() = weight.size(0);
  const Tensor y = at::zeros(sizes, at::kFloat);
  if (y.numel() == 0 || weight.size(1) == 0) return y;  // which MKL refuses
  const auto depth = static_cast<int>(weight.size(1));
  const auto outputs = static_cast<int>(weight.size(0));
  cblas_gemm_bf16bf16f32(kRowMajor, kPlain, kTransposed, static_cast<int>(y.numel() / outputs), outputs, depth, 1.0f,
                         left.data_ptr(), depth, right.data_ptr(), depth, 0.0f, static_cast<float*>(y.data_ptr()),
                         outputs);
  return y;
#else
  return {};
#endif
}

}  // namespace interfuse
