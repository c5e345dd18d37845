#include "dilation.h"

#include <limits>

#include "element_type.h"
#include "new_tensor.h"

namespace interfuse {

namespace {

/// A maximum and where it is in x and in the filter; -1 for a window that lies outside the image.
struct Maximum {
  float value = -std::numeric_limits<float>::infinity();
  int64_t x = -1;
  int64_t filter = -1;
};

/// The numbers of a `DilationShape` by name.
struct Windows {
  explicit Windows(const DilationShape& shape)
      : stride_y(shape[0]), stride_x(shape[1]), dilation_y(shape[2]), dilation_x(shape[3]), top(shape[4]), left(shape[5]),
        rows(shape[6]), columns(shape[7]) {}

  int64_t stride_y, stride_x, dilation_y, dilation_x, top, left, rows, columns;
};

/// Calls `visit(offset of the output, maximum)` for every output element.
template <typename Visit>
void for_each_maximum(const Tensor& x, const Tensor& filter, const Windows& windows, Visit visit) {
  const int64_t height = x.size(1), width = x.size(2), channels = x.size(3);
  const int64_t filter_height = filter.size(0), filter_width = filter.size(1);
  const auto* values = x.data_ptr<float>();
  const auto* weights = filter.data_ptr<float>();
  int64_t out = 0;
  for (int64_t image = 0; image < x.size(0); ++image) {
    for (int64_t row = 0; row < windows.rows; ++row) {
      for (int64_t column = 0; column < windows.columns; ++column) {
        for (int64_t c = 0; c < channels; ++c, ++out) {
          Maximum best;
          for (int64_t i = 0; i < filter_height; ++i) {
            const int64_t y = row * windows.stride_y - windows.top + i * windows.dilation_y;
            if (y < 0 || y >= height) continue;
            for (int64_t j = 0; j < filter_width; ++j) {
              const int64_t z = column * windows.stride_x - windows.left + j * windows.dilation_x;
              if (z < 0 || z >= width) continue;
              const int64_t from = ((image * height + y) * width + z) * channels + c;
              const int64_t weight = (i * filter_width + j) * channels + c;
              const float sum = values[from] + weights[weight];
              if (sum > best.value) best = {sum, from, weight};
            }
          }
          visit(out, best);
        }
      }
    }
  }
}

}  // namespace

Tensor dilation(const Tensor& x, const Tensor& filter, const DilationShape& shape) {
  const Windows windows(shape);
  const Tensor y = empty_tensor({x.size(0), windows.rows, windows.columns, x.size(3)}, at::kFloat);
  auto* to = y.data_ptr<float>();
  for_each_maximum(float_values(x), float_values(filter), windows,
                   [&](int64_t i, const Maximum& best) { to[i] = best.value; });
  return y.to(x.scalar_type());
}

Tensor dilation_grad_input(const Tensor& x, const Tensor& filter, const Tensor& dy, const DilationShape& shape) {
  const Tensor dx = zero_tensor(x.sizes(), at::kFloat);
  const Tensor gradient = float_values(dy);
  const auto* from = gradient.data_ptr<float>();
  auto* to = dx.data_ptr<float>();
  for_each_maximum(float_values(x), float_values(filter), Windows(shape), [&](int64_t i, const Maximum& best) {
    if (best.x >= 0) to[best.x] += from[i];
  });
  return dx;
}

Tensor dilation_grad_filter(const Tensor& x, const Tensor& filter, const Tensor& dy, const DilationShape& shape) {
  const Tensor gradients = zero_tensor(filter.sizes(), at::kFloat);
  const Tensor gradient = float_values(dy);
  const auto* from = gradient.data_ptr<float>();
  auto* to = gradients.data_ptr<float>();
  for_each_maximum(float_values(x), float_values(filter), Windows(shape), [&](int64_t i, const Maximum& best) {
    if (best.filter >= 0) to[best.filter] += from[i];
  });
  return gradients;
}

}  // namespace interfuse
