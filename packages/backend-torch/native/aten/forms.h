// The fused kernels written in ATen's operations, for tensors on any device: same arguments, results and storage types as
// the functions of the same names in compute/, which are for the processor. An id that lies outside its table gives NaN
// here, not an error: asking the device would stop it.
#pragma once

#include <limits>

#include "../compute/types.h"

namespace interfuse::aten {

/// What stands where an id lies outside its table.
constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();

std::vector<Tensor> attention(const Stored& query, const Stored& key, const Stored& value, Int32Span key_ranges,
                              double scale, Precision precision);
std::vector<Tensor> attention_grad(const Stored& dy, const Stored& query, const Stored& key, const Stored& value,
                                   const Stored& output, const Tensor& log_sum_exp, Int32Span key_ranges, double scale,
                                   Precision precision);

std::vector<Tensor> rms_norm(const Stored& x, const Tensor& weight, double epsilon, Precision precision);
std::vector<Tensor> rms_norm_grad(const Stored& dy, const Stored& x, const Tensor& weight, const Tensor& inverse_rms);
Tensor rotary_embedding(const Stored& x, const Tensor& table, bool inverse, int64_t num_heads, Precision precision);
std::vector<Tensor> normed_rotary(const Stored& x, const Tensor& table, const Tensor& query_weight,
                                  const Tensor& key_weight, int64_t num_heads, int64_t num_kv_heads, double epsilon,
                                  Precision precision);
std::vector<Tensor> normed_rotary_grad(const Stored& dy, const Stored& x, const Tensor& table,
                                       const Tensor& query_weight, const Tensor& key_weight, const Tensor& inverse_rms,
                                       int64_t num_heads, int64_t num_kv_heads);

std::vector<Tensor> group_norm(const Stored& x, const Tensor& weight, const Tensor& bias, int64_t groups,
                               double epsilon, bool silu, Precision precision);
std::vector<Tensor> group_moments(const Stored& x, int64_t groups);
Tensor group_norm_with(const Stored& x, const Tensor& weight, const Tensor& bias, const Tensor& mean,
                       const Tensor& variance, int64_t groups, double epsilon, bool silu, Precision precision);
std::vector<Tensor> group_norm_grad(const Stored& dy, const Stored& x, const Tensor& weight, const Tensor& bias,
                                    const Tensor& mean, const Tensor& inverse_std, int64_t groups, bool silu,
                                    Precision precision);

Tensor swiglu(const Stored& x, Precision precision);
Tensor swiglu_grad(const Stored& dy, const Stored& x, Precision precision);
std::vector<Tensor> swiglu_grad_and_value(const Stored& dy, const Stored& x, Precision precision);

Tensor embedding(const Stored& weight, const Tensor& ids);
Tensor embedding_grad(const Stored& dy, const Tensor& ids, int64_t vocab_size);
void write_rows(const Stored& buffer, const Stored& rows, Int32Span slots);

std::vector<Tensor> cross_entropy(const Stored& logits, const Tensor& targets);
Tensor cross_entropy_grad(const Tensor& dy, const Stored& logits, const Tensor& targets, const Tensor& log_sum_exp,
                          Precision precision);

Tensor adamw_update(const std::vector<Stored>& parameters, const std::vector<Tensor>& gradients,
                    const std::vector<Stored>& first_moments, const std::vector<Stored>& second_moments,
                    double learning_rate, double beta1, double beta2, double epsilon,
                    const std::vector<double>& weight_decays, double step, double max_norm);
Tensor muon_update(const std::vector<Stored>& parameters, const std::vector<Tensor>& gradients,
                   const std::vector<Stored>& momenta, const std::vector<double>& rates, double momentum, double decay,
                   Precision precision);
void ema_update(const std::vector<Stored>& averages, const std::vector<Tensor>& parameters, double decay);

// Kernels of TensorFlow.js whose form for the processor is a loop over memory.
Tensor step(const Tensor& x, double alpha);
Tensor gather(const Tensor& x, const Tensor& indices, int64_t axis, int64_t batch_axes);
Tensor gather_nd(const Tensor& x, const Tensor& indices);
Tensor scatter_nd(const Tensor& indices, const Tensor& updates, const Ints& shape);
Tensor scatter_update(const Tensor& x, const Tensor& indices, const Tensor& updates);
Tensor resize_bilinear(const Tensor& x, int64_t height, int64_t width, bool align_corners, bool half_pixel_centers);
Tensor resize_bilinear_grad(const Tensor& dy, const Ints& input_shape, bool align_corners);
Tensor resize_nearest(const Tensor& x, int64_t height, int64_t width, bool align_corners, bool half_pixel_centers);
Tensor resize_nearest_grad(const Tensor& dy, const Ints& input_shape, bool align_corners);
Tensor average_pool(const Tensor& x, const Ints& shape);
Tensor average_pool_grad(const Tensor& dy, const Ints& input_shape, const Ints& shape, bool count_padding);
Tensor max_pool(const Tensor& x, const Ints& shape);
Tensor max_pool_grad(const Tensor& dy, const Tensor& x, const Ints& shape);

}  // namespace interfuse::aten
