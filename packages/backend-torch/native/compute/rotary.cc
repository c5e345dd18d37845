#include "rotary.h"

#include <algorithm>
#include <cmath>

#include "new_tensor.h"
#include "parallel.h"
#include "storage.h"

namespace interfuse {

namespace {

/// Runs of the two halves of a head: elements i and i + half are a pair.
struct Pairs {
  Vector first, second;
};

template <typename T>
INTERFUSE_INLINE Pairs load_pairs(const T* head, int64_t half, int64_t i, int64_t n) {
  return {load_run(head + i, n), load_run(head + half + i, n)};
}

template <typename T>
INTERFUSE_INLINE void store_pairs(T* head, int64_t half, int64_t i, int64_t n, Pairs pairs) {
  store_run(head + i, pairs.first, n);
  store_run(head + half + i, pairs.second, n);
}

INTERFUSE_INLINE Pairs operator*(Pairs a, Pairs b) { return {a.first * b.first, a.second * b.second}; }

INTERFUSE_INLINE Pairs operator*(Pairs a, float scale) { return {a.first * scale, a.second * scale}; }

INTERFUSE_INLINE Pairs operator+(Pairs a, Pairs b) { return {a.first + b.first, a.second + b.second}; }

INTERFUSE_INLINE Pairs operator-(Pairs a, Pairs b) { return {a.first - b.first, a.second - b.second}; }

/// Turned by `angles` = (cosines, sines), or back when `sign` is -1.
INTERFUSE_INLINE Pairs turned(Pairs x, Pairs angles, float sign) {
  const Vector sine = angles.second * sign;
  return {x.first * angles.first - x.second * sine, x.second * angles.first + x.first * sine};
}

template <typename X, typename Y>
void rotate_head(const X* x, const float* table, Y* y, int64_t half, float sign) {
  for_each_run(half, [&](int64_t i, int64_t n) {
    store_pairs(y, half, i, n, turned(load_pairs(x, half, i, n), load_pairs(table, half, i, n), sign));
  });
}

template <typename X, typename Y>
void copy_heads(const X* x, Y* y, int64_t size) {
  for_each_run(size, [&](int64_t i, int64_t n) { store_run(y + i, load_run(x + i, n), n); });
}

/// Returns what the head was multiplied by: one over its root mean square.
template <typename X, typename Y>
float norm_and_rotate_head(const X* x, const float* weight, const float* table, Y* y, int64_t half, float epsilon) {
  Vector squares{};
  for_each_run(half, [&](int64_t i, int64_t n) {
    const Pairs values = load_pairs(x, half, i, n);
    squares += values.first * values.first + values.second * values.second;
  });
  const float inverse = 1.0f / std::sqrt(sum_of(squares) / static_cast<float>(2 * half) + epsilon);
  for_each_run(half, [&](int64_t i, int64_t n) {
    const Pairs normed = load_pairs(x, half, i, n) * inverse * load_pairs(weight, half, i, n);
    store_pairs(y, half, i, n, turned(normed, load_pairs(table, half, i, n), 1));
  });
  return inverse;
}

/// Adds to `weight_sum`.
template <typename Dy, typename X>
void norm_and_rotate_head_grad(const Dy* dy, const X* x, const float* weight, const float* table, float inverse, X* dx,
                               float* weight_sum, int64_t half) {
  const auto normed_gradient = [&](int64_t i, int64_t n) {
    return turned(load_pairs(dy, half, i, n), load_pairs(table, half, i, n), -1);
  };
  Vector dots{};
  for_each_run(half, [&](int64_t i, int64_t n) {
    const Pairs products = normed_gradient(i, n) * load_pairs(x, half, i, n);
    const Pairs weighted = products * load_pairs(weight, half, i, n);
    dots += weighted.first + weighted.second;
    store_pairs(weight_sum, half, i, n, load_pairs(weight_sum, half, i, n) + products * inverse);
  });
  const float factor = sum_of(dots) * inverse * inverse / static_cast<float>(2 * half);
  for_each_run(half, [&](int64_t i, int64_t n) {
    const Pairs through = normed_gradient(i, n) * load_pairs(weight, half, i, n);
    store_pairs(dx, half, i, n, (through - load_pairs(x, half, i, n) * factor) * inverse);
  });
}

}  // namespace

Tensor rotary_embedding(const Stored& x, const Tensor& table, bool inverse, int64_t num_heads, Precision precision) {
  Rows rows;
  const Tensor input = as_rows(x.tensor(), rows);
  const Tensor angles = table.contiguous();
  const int64_t heads = input.size(1), size = rows.size;
  const Tensor y = empty_tensor(input.sizes(), activation_type(precision));
  with_storage(input, y, [&](auto x_type, auto y_type) {
    const auto* from = data_of<decltype(x_type)>(input);
    auto* to = data_of<decltype(y_type)>(y);
    const auto* angle = data_of<float>(angles);
    parallel_for(rows.count(), row_grain(size), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const auto* head = from + rows.offset(row);
        if (row % heads < num_heads) {
          rotate_head(head, angle + row / heads * size, to + row * size, size / 2, inverse ? -1.0f : 1.0f);
        } else {
          copy_heads(head, to + row * size, size);
        }
      }
    });
  });
  return y;
}

std::vector<Tensor> normed_rotary(const Stored& x, const Tensor& table, const Tensor& query_weight,
                                  const Tensor& key_weight, int64_t num_heads, int64_t num_kv_heads, double epsilon,
                                  Precision precision) {
  Rows rows;
  const Tensor input = as_rows(x.tensor(), rows);
  const Tensor angles = table.contiguous(), query_scale = query_weight.contiguous(), key_scale = key_weight.contiguous();
  const int64_t tokens = input.size(0), heads = input.size(1), size = rows.size, normed = num_heads + num_kv_heads;
  const Tensor y = empty_tensor(input.sizes(), activation_type(precision));
  const Tensor inverse_rms = empty_tensor({tokens, normed}, at::kFloat);
  with_storage(input, y, [&](auto x_type, auto y_type) {
    const auto* from = data_of<decltype(x_type)>(input);
    auto* to = data_of<decltype(y_type)>(y);
    const auto* angle = data_of<float>(angles);
    const float *query_weights = data_of<float>(query_scale), *key_weights = data_of<float>(key_scale);
    auto* inverse = data_of<float>(inverse_rms);
    parallel_for(tokens, row_grain(heads * size), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin * heads; row < end * heads; ++row) {
        const int64_t token = row / heads, head = row % heads;
        if (head < normed) {
          inverse[token * normed + head] = norm_and_rotate_head(
              from + rows.offset(row), head < num_heads ? query_weights : key_weights, angle + token * size,
              to + row * size, size / 2, static_cast<float>(epsilon));
        } else {
          copy_heads(from + rows.offset(row), to + row * size, size);
        }
      }
    });
  });
  return {y, inverse_rms};
}

std::vector<Tensor> normed_rotary_grad(const Stored& dy, const Stored& x, const Tensor& table,
                                       const Tensor& query_weight, const Tensor& key_weight, const Tensor& inverse_rms,
                                       int64_t num_heads, int64_t num_kv_heads) {
  Rows rows, gradient_rows;
  const Tensor input = as_rows(x.tensor(), rows);
  const Tensor gradient = as_rows(dy.tensor(), gradient_rows);
  const Tensor angles = table.contiguous(), query_scale = query_weight.contiguous(), key_scale = key_weight.contiguous();
  const int64_t tokens = input.size(0), heads = input.size(1), size = rows.size, normed = num_heads + num_kv_heads;
  const Tensor dx = empty_tensor(input.sizes(), input.scalar_type());
  // Partial sums of the weights' gradients, one a task, added in order: the same bits in every run.
  const int64_t tasks = std::max<int64_t>(1, std::min(num_threads(), tokens / row_grain(heads * size)));
  const Tensor partial = zero_tensor({tasks, 2, size}, at::kFloat);
  with_storage(gradient, input, [&](auto dy_type, auto x_type) {
    const auto* from = data_of<decltype(dy_type)>(gradient);
    const auto* values = data_of<decltype(x_type)>(input);
    auto* to = data_of<decltype(x_type)>(dx);
    const auto* angle = data_of<float>(angles);
    const float *query_weights = data_of<float>(query_scale), *key_weights = data_of<float>(key_scale);
    const auto* inverse = data_of<float>(inverse_rms);
    auto* sums = data_of<float>(partial);
    parallel_tasks(tokens, tasks, [&](int64_t task, int64_t begin, int64_t end) {
      for (int64_t row = begin * heads; row < end * heads; ++row) {
        const int64_t token = row / heads, head = row % heads;
        const auto* head_gradient = from + gradient_rows.offset(row);
        if (head < normed) {
          const bool is_query = head < num_heads;
          norm_and_rotate_head_grad(head_gradient, values + rows.offset(row), is_query ? query_weights : key_weights,
                                    angle + token * size, inverse[token * normed + head], to + row * size,
                                    sums + (2 * task + (is_query ? 0 : 1)) * size, size / 2);
        } else {
          copy_heads(head_gradient, to + row * size, size);
        }
      }
    });
  });
  const Tensor sums = partial.sum(0);
  return {dx, sums.select(0, 0), sums.select(0, 1)};
}

}  // namespace interfuse
