// A device for tests on machines that have none but the processor: libtorch sees it as an accelerator of its own type, and
// its memory is the processor's behind addresses that nobody may read. So a kernel that mixes devices gets libtorch's error,
// one that reads a device's memory directly crashes, and a copy that is used before it was waited for holds something else.
// Operations run on the processor through libtorch's fallback; those that only CUDA has are written out here after their
// documentation, in the plainest way. Loaded as an addon of its own before the backend starts.
#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/resize_native.h>
#include <ATen/ops/set_native.h>
#include <ATen/ops/unfold_native.h>
#include <ATen/ops/view_as_complex_native.h>
#include <ATen/ops/view_as_real_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <node_api.h>
#include <torch/library.h>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <limits>
#include <mutex>
#include <set>

namespace {

using at::Tensor;

constexpr auto kType = at::kPrivateUse1;
const at::Device kDevice(kType, 0);

// Memory

/// No program has an address with this bit: to read one ends the process.
constexpr uintptr_t kMark = uintptr_t{1} << 62;
void* marked(void* memory) { return memory == nullptr ? nullptr : reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(memory) | kMark); }
void* unmarked(void* memory) { return reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(memory) & ~kMark); }

std::mutex memory_lock;
int64_t bytes_in_use = 0, most_bytes_in_use = 0;
std::set<const void*> pinned_blocks;

void release(void* memory) {
  if (memory == nullptr) return;
  auto* start = static_cast<int64_t*>(unmarked(memory)) - 8;
  {
    const std::lock_guard<std::mutex> guard(memory_lock);
    bytes_in_use -= *start;
  }
  std::free(start);
}

struct DeviceMemory final : c10::DeviceAllocator {
  c10::DataPtr allocate(size_t size) override {
    if (size == 0) return {nullptr, nullptr, &release, kDevice};
    auto* start = static_cast<int64_t*>(std::aligned_alloc(64, (size + 127) / 64 * 64));
    TORCH_CHECK_WITH(OutOfMemoryError, start != nullptr, "the emulated device is out of memory. Tried to allocate ", size, " bytes");
    *start = static_cast<int64_t>(size);
    {
      const std::lock_guard<std::mutex> guard(memory_lock);
      bytes_in_use += static_cast<int64_t>(size);
      most_bytes_in_use = std::max(most_bytes_in_use, bytes_in_use);
    }
    void* memory = marked(start + 8);
    return {memory, memory, &release, kDevice};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* to, const void* from, size_t size) const override {
    std::memcpy(unmarked(to), unmarked(const_cast<void*>(from)), size);
  }
  bool initialized() override { return true; }
  void emptyCache(c10::MempoolId_t) override {}
  void recordStream(const c10::DataPtr&, c10::Stream) override {}
  c10::CachingDeviceAllocator::DeviceStats getDeviceStats(c10::DeviceIndex) override {
    const std::lock_guard<std::mutex> guard(memory_lock);
    c10::CachingDeviceAllocator::DeviceStats stats;
    stats.allocated_bytes[0].current = stats.reserved_bytes[0].current = bytes_in_use;
    stats.allocated_bytes[0].peak = most_bytes_in_use;
    return stats;
  }
  void resetAccumulatedStats(c10::DeviceIndex) override {}
  void resetPeakStats(c10::DeviceIndex) override {}
};

/// Memory of the processor that counts as pinned.
struct PinnedMemory final : at::Allocator {
  c10::DataPtr allocate(size_t size) override {
    void* memory = std::malloc(std::max<size_t>(size, 1));
    const std::lock_guard<std::mutex> guard(memory_lock);
    pinned_blocks.insert(memory);
    return {memory, memory, &unpin, at::kCPU};
  }
  static void unpin(void* memory) {
    {
      const std::lock_guard<std::mutex> guard(memory_lock);
      pinned_blocks.erase(memory);
    }
    std::free(memory);
  }
  c10::DeleterFnPtr raw_deleter() const override { return &unpin; }
  void copy_data(void* to, const void* from, size_t size) const override { std::memcpy(to, from, size); }
};

DeviceMemory device_memory;
PinnedMemory pinned_memory;

// Work that was not waited for: copies into the processor's memory happen when somebody waits, as late as they may.

std::mutex queue_lock;
std::vector<std::function<void()>> queue;

void finish_queue() {
  const c10::InferenceMode no_gradients;  // a setting of the thread
  const std::lock_guard<std::mutex> guard(queue_lock);
  for (const auto& work : queue) work();
  queue.clear();
}

struct Interface final : c10::impl::DeviceGuardImplInterface {
  at::DeviceType type() const override { return kType; }
  at::Device exchangeDevice(at::Device) const override { return kDevice; }
  at::Device getDevice() const override { return kDevice; }
  void setDevice(at::Device) const override {}
  void uncheckedSetDevice(at::Device) const noexcept override {}
  c10::Stream getStream(at::Device) const override { return c10::Stream(c10::Stream::DEFAULT, kDevice); }
  c10::Stream exchangeStream(c10::Stream) const override { return c10::Stream(c10::Stream::DEFAULT, kDevice); }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  void record(void** event, const c10::Stream&, const c10::DeviceIndex, const c10::EventFlag) const override {
    *event = const_cast<Interface*>(this);  // any but null
  }
  bool queryEvent(void*) const override { return false; }
  void synchronizeEvent(void*) const override { finish_queue(); }
  void synchronizeStream(const c10::Stream&) const override { finish_queue(); }
  void synchronizeDevice(const c10::DeviceIndex) const override { finish_queue(); }
};

struct Hooks final : at::PrivateUse1HooksInterface {
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  c10::DeviceIndex deviceCount() const override { return 1; }
  c10::DeviceIndex getCurrentDevice() const override { return 0; }
  at::Allocator* getPinnedMemoryAllocator() const override { return &pinned_memory; }
  bool isPinnedPtr(const void* memory) const override {
    const std::lock_guard<std::mutex> guard(memory_lock);
    return pinned_blocks.count(memory) > 0;
  }
};

// Operations

Tensor empty(at::IntArrayRef sizes, std::optional<at::ScalarType> type, std::optional<at::Layout>,
             std::optional<at::Device>, std::optional<bool>, std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(sizes, &device_memory, c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                   at::dtype_or_default(type), format);
}

Tensor empty_strided(at::IntArrayRef sizes, at::IntArrayRef strides, std::optional<at::ScalarType> type,
                     std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(sizes, strides, &device_memory,
                                           c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                           at::dtype_or_default(type));
}

/// The same memory as a tensor of the processor.
Tensor on_processor(const Tensor& x) {
  if (x.is_cpu()) return x;
  return at::from_blob(unmarked(x.data_ptr()), x.sizes(), x.strides(), x.options().device(at::kCPU));
}

Tensor copy_from(const Tensor& from, const Tensor& to, bool non_blocking) {
  if (non_blocking && to.is_cpu() && to.is_pinned()) {
    const Tensor now = on_processor(from).clone();
    const std::lock_guard<std::mutex> guard(queue_lock);
    queue.emplace_back([now, to] { to.copy_(now); });
    return to;
  }
  finish_queue();
  on_processor(to).copy_(on_processor(from));
  return to;
}

Tensor copy_from_and_resize(const Tensor& from, const Tensor& to) {
  at::native::resize_(to, from.sizes(), std::nullopt);
  return copy_from(from, to, false);
}

at::Scalar local_scalar(const Tensor& x) { return on_processor(x).item(); }

Tensor view(const Tensor& x, c10::SymIntArrayRef sizes) { return at::native::view(x, C10_AS_INTARRAYREF_SLOW(sizes)); }

Tensor reshape_alias(const Tensor& x, c10::SymIntArrayRef sizes, c10::SymIntArrayRef strides) {
  return at::native::_reshape_alias(x, C10_AS_INTARRAYREF_SLOW(sizes), C10_AS_INTARRAYREF_SLOW(strides));
}

Tensor as_strided(const Tensor& x, c10::SymIntArrayRef sizes, c10::SymIntArrayRef strides,
                  std::optional<c10::SymInt> offset) {
  return at::native::as_strided_tensorimpl(x, C10_AS_INTARRAYREF_SLOW(sizes), C10_AS_INTARRAYREF_SLOW(strides),
                                           offset ? std::optional<int64_t>(offset->expect_int()) : std::nullopt);
}

const Tensor& resize(const Tensor& x, c10::SymIntArrayRef sizes, std::optional<at::MemoryFormat> format) {
  return at::native::resize_(x, C10_AS_INTARRAYREF_SLOW(sizes), format);
}

void run_on_processor(const c10::OperatorHandle& operation, torch::jit::Stack* stack) {
  at::native::cpu_fallback(operation, stack, /*error_on_views=*/true);
}

// Operations that libtorch asks of every device by itself, or that only CUDA has

Tensor convolution(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
                   c10::SymIntArrayRef stride, c10::SymIntArrayRef padding, c10::SymIntArrayRef dilation,
                   bool transposed, c10::SymIntArrayRef output_padding, c10::SymInt groups) {
  const auto on_host = bias && bias->defined() ? std::optional<Tensor>(bias->cpu()) : std::nullopt;
  return at::convolution_symint(x.cpu(), weight.cpu(), on_host, stride, padding, dilation, transposed, output_padding,
                                groups)
      .to(kDevice);
}

std::tuple<Tensor, Tensor, Tensor> convolution_grad(const Tensor& dy, const Tensor& x, const Tensor& weight,
                                                    c10::SymIntArrayRef stride, c10::SymIntArrayRef padding,
                                                    c10::SymIntArrayRef dilation, bool transposed,
                                                    c10::SymIntArrayRef output_padding, c10::SymInt groups,
                                                    std::array<bool, 3> wanted) {
  const auto [dx, dweight, dbias] = at::convolution_backward_symint(
      dy.cpu(), x.cpu(), weight.cpu(), std::nullopt, stride, padding, dilation, transposed, output_padding, groups, wanted);
  const auto back = [](const Tensor& t) { return t.defined() ? t.to(kDevice) : t; };
  return {back(dx), back(dweight), back(dbias)};
}

Tensor typed_mm(const Tensor& a, const Tensor& b, at::ScalarType type) {
  TORCH_CHECK(a.scalar_type() == at::kBFloat16 && b.scalar_type() == at::kBFloat16 && type == at::kFloat);
  return at::mm(a.to(at::kFloat), b.to(at::kFloat));
}

std::tuple<Tensor, Tensor> rms_norm_grad(const Tensor& dy, const Tensor& x, at::IntArrayRef normalised_shape,
                                         const Tensor& inverse, const std::optional<Tensor>& weight,
                                         std::array<bool, 2>) {
  TORCH_CHECK(dy.is_contiguous() && x.is_contiguous() && dy.scalar_type() == x.scalar_type() &&
              normalised_shape == at::IntArrayRef{x.size(-1)} && inverse.sizes().back() == 1);
  const Tensor normalised = x * inverse;
  const Tensor through = dy * *weight;
  const Tensor dx = inverse * (through - normalised * at::mean(through * normalised, {-1}, true));
  return {dx, at::sum((dy * normalised).reshape({-1, x.size(-1)}), {0})};
}

/// One sequence of a packed batch: its rows of queries and keys.
struct Sequence {
  int64_t query, num_queries, key, num_keys;
};

std::vector<Sequence> sequences_of(const Tensor& query_starts, const Tensor& key_starts) {
  TORCH_CHECK(query_starts.scalar_type() == at::kInt && key_starts.scalar_type() == at::kInt &&
              query_starts.device() == kDevice && key_starts.device() == kDevice);
  const Tensor q = query_starts.cpu(), k = key_starts.cpu();
  std::vector<Sequence> result;
  for (int64_t i = 0; i + 1 < q.numel(); ++i) {
    const auto at = [i](const Tensor& starts, int64_t next) { return int64_t{starts.data_ptr<int32_t>()[i + next]}; };
    result.push_back({at(q, 0), at(q, 1) - at(q, 0), at(k, 0), at(k, 1) - at(k, 0)});
  }
  return result;
}

/// x [rows, heads, K] as float32 [N, rows, K], the heads repeated for groups of query heads.
Tensor by_head(const Tensor& x, int64_t start, int64_t count, int64_t num_heads) {
  return x.narrow(0, start, count).to(at::kFloat).transpose(0, 1).repeat_interleave(num_heads / x.size(1), 0);
}

/// Scores [N, queries, keys]; a causal mask is aligned to the last query and the last key.
Tensor scores_of(const Tensor& q, const Tensor& k, bool causal, double scale) {
  const Tensor scores = at::bmm(q, k.transpose(1, 2)) * scale;
  if (!causal) return scores;
  const Tensor hidden = at::ones({q.size(1), k.size(1)}, q.options().dtype(at::kBool)).triu(k.size(1) - q.size(1) + 1);
  return scores.masked_fill(hidden, -std::numeric_limits<double>::infinity());
}

void check_flash(const Tensor& x) {
  TORCH_CHECK(x.scalar_type() == at::kBFloat16 && x.stride(-1) == 1 && x.size(-1) % 8 == 0 && x.size(-1) <= 256);
}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> flash(
    const Tensor& query, const Tensor& key, const Tensor& value, const std::optional<Tensor>& query_starts,
    const std::optional<Tensor>& key_starts, c10::SymInt, c10::SymInt, double, bool causal, bool,
    std::optional<double> scale, std::optional<c10::SymInt>, std::optional<c10::SymInt>, const std::optional<Tensor>&,
    const std::optional<Tensor>&, const std::optional<Tensor>&, std::optional<int64_t>) {
  for (const Tensor& x : {query, key, value}) check_flash(x);
  const int64_t num_heads = query.size(1);
  const Tensor output = at::empty_like(query, at::MemoryFormat::Contiguous);
  const Tensor log_sum_exp = at::empty({num_heads, query.size(0)}, query.options().dtype(at::kFloat));
  for (const Sequence& s : sequences_of(*query_starts, *key_starts)) {
    const Tensor scores = scores_of(by_head(query, s.query, s.num_queries, num_heads),
                                    by_head(key, s.key, s.num_keys, num_heads), causal, *scale);
    const Tensor y = at::bmm(at::softmax(scores, -1), by_head(value, s.key, s.num_keys, num_heads));
    output.narrow(0, s.query, s.num_queries).copy_(y.transpose(0, 1));
    log_sum_exp.narrow(1, s.query, s.num_queries).copy_(at::logsumexp(scores, {2}));
  }
  const Tensor unused = at::empty({2}, query.options().dtype(at::kLong));
  return {output, log_sum_exp, unused, unused, unused};
}

std::tuple<Tensor, Tensor, Tensor> flash_grad(const Tensor& dy, const Tensor& query, const Tensor& key,
                                              const Tensor& value, const Tensor& output, const Tensor& log_sum_exp,
                                              const Tensor& query_starts, const Tensor& key_starts, c10::SymInt,
                                              c10::SymInt, double, bool causal, const Tensor&, const Tensor&,
                                              std::optional<double> scale, std::optional<c10::SymInt>,
                                              std::optional<c10::SymInt>) {
  for (const Tensor& x : {dy, query, key, value, output}) check_flash(x);
  const int64_t num_heads = query.size(1);
  TORCH_CHECK(log_sum_exp.sizes() == at::IntArrayRef({num_heads, query.size(0)}) && log_sum_exp.is_contiguous());
  const Tensor dq = at::empty_like(query, at::MemoryFormat::Contiguous);
  const Tensor dk = at::empty_like(key, at::MemoryFormat::Contiguous), dv = at::empty_like(dk);
  const auto over_groups = [&](const Tensor& gradient) {  // [N, keys, K] to [keys, G, K]
    return gradient.reshape({key.size(1), -1, gradient.size(1), gradient.size(2)}).sum(1).transpose(0, 1);
  };
  for (const Sequence& s : sequences_of(query_starts, key_starts)) {
    const auto of_queries = [&](const Tensor& x) { return by_head(x, s.query, s.num_queries, num_heads); };
    const auto of_keys = [&](const Tensor& x) { return by_head(x, s.key, s.num_keys, num_heads); };
    const Tensor total = log_sum_exp.narrow(1, s.query, s.num_queries).unsqueeze(2);
    const Tensor p = (scores_of(of_queries(query), of_keys(key), causal, *scale) - total).exp();
    const Tensor dots = (of_queries(dy) * of_queries(output)).sum(-1, true);
    const Tensor ds = p * (at::bmm(of_queries(dy), of_keys(value).transpose(1, 2)) - dots) * *scale;
    dq.narrow(0, s.query, s.num_queries).copy_(at::bmm(ds, of_keys(key)).transpose(0, 1));
    dk.narrow(0, s.key, s.num_keys).copy_(over_groups(at::bmm(ds.transpose(1, 2), of_queries(query))));
    dv.narrow(0, s.key, s.num_keys).copy_(over_groups(at::bmm(p.transpose(1, 2), of_queries(dy))));
  }
  return {dq, dk, dv};
}

}  // namespace

C10_REGISTER_GUARD_IMPL(PrivateUse1, Interface)

TORCH_LIBRARY_IMPL(_, PrivateUse1, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&run_on_processor>());
}

TORCH_LIBRARY_IMPL(aten, PrivateUse1, library) {
  library.impl("empty.memory_format", empty);
  library.impl("empty_strided", empty_strided);
  library.impl("_copy_from", copy_from);
  library.impl("_copy_from_and_resize", copy_from_and_resize);
  library.impl("_local_scalar_dense", local_scalar);
  library.impl("view", view);
  library.impl("view.dtype", at::native::view_dtype);
  library.impl("view_as_real", at::native::view_as_real);
  library.impl("view_as_complex", at::native::view_as_complex);
  library.impl("unfold", at::native::unfold);
  library.impl("_reshape_alias", reshape_alias);
  library.impl("as_strided", as_strided);
  library.impl("resize_", resize);
  library.impl("convolution_overrideable", convolution);
  library.impl("convolution_backward_overrideable", convolution_grad);
  library.impl("mm.dtype", typed_mm);
  library.impl("_fused_rms_norm_backward", rms_norm_grad);
  library.impl("_flash_attention_forward", flash);
  library.impl("_flash_attention_backward", flash_grad);
}

NAPI_MODULE_INIT() {
  static bool is_registered = false;
  if (!is_registered) {
    c10::register_privateuse1_backend("emulated");
    c10::SetAllocator(kType, &device_memory);
    at::RegisterPrivateUse1HooksInterface(new Hooks);
    is_registered = true;
  }
  return exports;
}
