#include "spectral.h"

#include <ATen/ATen.h>

namespace interfuse {

Tensor fourier(const Tensor& x) { return x.numel() == 0 ? x.clone() : at::fft_fft(x); }

Tensor inverse_fourier(const Tensor& x) { return x.numel() == 0 ? x.clone() : at::fft_ifft(x); }

}  // namespace interfuse
