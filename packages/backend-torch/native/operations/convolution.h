// Two-dimensional convolution on [B, H, W, C] (or [B, C, H, W]) with weights [kh, kw, C / groups, O], through ATen's
// own layouts.
#pragma once

#include "../compute/types.h"

namespace interfuse {

/// Numbers of a convolution: strides (2), padding top, bottom, left, right (4), dilations (2), groups (1), whether
/// images have their channels first (1), and the output's height and width (2), beyond which dy is not read.
using ConvolutionShape = Ints;

Tensor convolution(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
                   const ConvolutionShape& shape);
/// The same plus a residual (maybe undefined) in the layout of the result.
Tensor adding_convolution(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
                          const Tensor& residual, const ConvolutionShape& shape);
Tensor convolution_grad_input(const Tensor& dy, const Tensor& weight, const Ints& input_shape,
                              const ConvolutionShape& shape);
Tensor convolution_grad_weight(const Tensor& dy, const Tensor& x, const Ints& weight_shape,
                               const ConvolutionShape& shape);

/// The same with a weight [kh, kw, C, M] that gives every input channel its own M output channels.
Tensor depthwise(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
                 const ConvolutionShape& shape);
Tensor depthwise_grad_input(const Tensor& dy, const Tensor& weight, const Ints& input_shape,
                            const ConvolutionShape& shape);
Tensor depthwise_grad_weight(const Tensor& dy, const Tensor& x, const Ints& weight_shape,
                             const ConvolutionShape& shape);
Tensor fused_depthwise(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
                       const std::optional<Tensor>& prelu_weights, const ConvolutionShape& shape,
                       const std::string& activation, double alpha);

/// `convolution` followed by a fused activation of TensorFlow.js; bias and weights of a prelu broadcast.
Tensor fused_convolution(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
                         const std::optional<Tensor>& prelu_weights, const ConvolutionShape& shape,
                         const std::string& activation, double alpha);

/// The fused op `conv2d` of `@interfuse/tensor`: activations in the thread's precision, weight gradient float32. The residual
/// [B, OH, OW, O] may be absent.
Tensor grouped_convolution(const Stored& x, const Stored& weight, const std::optional<Tensor>& bias,
                           const Stored& residual, const ConvolutionShape& shape, Precision precision);
Tensor grouped_convolution_grad_input(const Stored& dy, const Stored& weight, const Ints& input_shape,
                                      const ConvolutionShape& shape, Precision precision);
Tensor grouped_convolution_grad_weight(const Stored& dy, const Stored& x, const Ints& weight_shape,
                                       const ConvolutionShape& shape, Precision precision);

/// Normalises with given statistics over the last axis; offset and scale may be absent.
Tensor batch_norm(const Tensor& x, const Tensor& mean, const Tensor& variance, const std::optional<Tensor>& offset,
                  const std::optional<Tensor>& scale, double epsilon);

}  // namespace interfuse
