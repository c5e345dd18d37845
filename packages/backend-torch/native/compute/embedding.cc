#include "embedding.h"

#include <algorithm>

#include "new_tensor.h"
#include "ownership.h"
#include "parallel.h"
#include "storage.h"

namespace interfuse {

namespace {

void check_ids(const int32_t* ids, int64_t count, int64_t limit) {
  for (int64_t i = 0; i < count; ++i) {
    TORCH_CHECK(ids[i] >= 0 && ids[i] < limit, "id ", ids[i], " at position ", i, " is outside [0, ", limit, ")");
  }
}

template <typename From, typename To>
void copy_row(const From* from, To* to, int64_t size) {
  for_each_run(size, [&](int64_t i, int64_t n) { store_run(to + i, load_run(from + i, n), n); });
}

}  // namespace

Tensor embedding(const Stored& weight, const Tensor& ids) {
  const Tensor table = weight.tensor().contiguous();
  const Tensor indices = ids.contiguous();
  const int64_t count = indices.numel();
  const int64_t size = table.size(1);
  const auto* id = data_of<int32_t>(indices);
  check_ids(id, count, table.size(0));
  const Tensor rows = empty_tensor({count, size}, at::kFloat);
  with_storage(table, [&](auto type) {
    const auto* from = data_of<decltype(type)>(table);
    auto* to = data_of<float>(rows);
    parallel_for(count, row_grain(size), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) copy_row(from + id[i] * size, to + i * size, size);
    });
  });
  return rows;
}

Tensor embedding_grad(const Stored& dy, const Tensor& ids, int64_t vocab_size) {
  const Tensor gradient = dy.tensor().contiguous();
  const Tensor indices = ids.contiguous();
  const int64_t count = indices.numel();
  const int64_t size = gradient.size(1);
  const auto* id = data_of<int32_t>(indices);
  check_ids(id, count, vocab_size);
  const Tensor sums = zero_tensor({vocab_size, size}, at::kFloat);
  with_storage(gradient, [&](auto type) {
    const auto* from = data_of<decltype(type)>(gradient);
    auto* to = data_of<float>(sums);
    // Each task owns a run of table rows and scans all ids, so sums are added in one order.
    parallel_tasks(vocab_size, std::max<int64_t>(1, std::min(num_threads(), vocab_size)),
                   [&](int64_t, int64_t begin, int64_t end) {
                     for (int64_t i = 0; i < count; ++i) {
                       if (id[i] < begin || id[i] >= end) continue;
                       float* row = to + id[i] * size;
                       for_each_run(size, [&](int64_t j, int64_t n) {
                         store_run(row + j, load_run(row + j, n) + load_run(from + i * size + j, n), n);
                       });
                     }
                   });
  });
  return sums;
}

void write_rows(const Stored& buffer, const Stored& rows, Int32Span slots) {
  own_memory(*buffer.slot);
  const Tensor& target = buffer.tensor();
  // A buffer's rows may come from itself, in another order.
  const bool is_own = rows.tensor().is_alias_of(target);
  const Tensor source = is_own ? rows.tensor().clone(at::MemoryFormat::Contiguous) : rows.tensor().contiguous();
  const int64_t size = target.size(0) == 0 ? 0 : target.numel() / target.size(0);
  check_ids(slots.data, slots.size, target.size(0));
  with_storage(source, target, [&](auto from_type, auto to_type) {
    const auto* from = data_of<decltype(from_type)>(source);
    auto* to = data_of<decltype(to_type)>(target);
    for (int64_t i = 0; i < slots.size; ++i) copy_row(from + i * size, to + slots.data[i] * size, size);
  });
}

}  // namespace interfuse
