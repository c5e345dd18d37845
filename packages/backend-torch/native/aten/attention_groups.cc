#include "attention_groups.h"

#include <algorithm>
#include <numeric>

#include "../device/device.h"

namespace interfuse::aten {

namespace {

/// `rows` on the device; undefined when they are 0, 1, .. up to `count`.
Tensor unless_all(const Ints& rows, int64_t count, at::Device device) {
  bool is_all = static_cast<int64_t>(rows.size()) == count;
  for (int64_t i = 0; is_all && i < count; ++i) is_all = rows[i] == i;
  return is_all ? Tensor() : upload(rows, device);
}

/// For each key the places where `rows` has it: a counting sort.
void add_uses(AttentionGroup& group, const Ints& rows, int64_t num_keys, at::Device device) {
  Ints starts(num_keys + 1, 0);
  for (const int64_t row : rows) ++starts[row + 1];
  std::partial_sum(starts.begin(), starts.end(), starts.begin());
  starts.pop_back();
  Ints uses(rows.size()), next = starts;
  for (size_t place = 0; place < rows.size(); ++place) uses[next[rows[place]]++] = static_cast<int64_t>(place);
  group.uses = upload(uses, device);
  group.use_starts = upload(starts, device);
}

AttentionGroup group_of(const std::vector<AttentionRun>& runs, bool causal, int64_t num_queries, int64_t num_keys,
                        at::Device device) {
  AttentionGroup group;
  group.causal = causal;
  Ints queries, keys;
  std::vector<int32_t> query_starts{0}, key_starts{0};
  const auto append = [](Ints& rows, int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) rows.push_back(row);
  };
  for (const AttentionRun& run : runs) {
    if (run.causal != causal) continue;
    append(queries, run.begin, run.end);
    append(keys, run.first.begin, run.first.end);
    append(keys, run.second.begin, run.second.end);
    query_starts.push_back(static_cast<int32_t>(queries.size()));
    key_starts.push_back(static_cast<int32_t>(keys.size()));
    group.max_queries = std::max(group.max_queries, run.num_queries());
    group.max_keys = std::max(group.max_keys, run.num_keys());
  }
  group.queries = unless_all(queries, num_queries, device);
  group.keys = unless_all(keys, num_keys, device);
  if (group.keys.defined()) add_uses(group, keys, num_keys, device);
  group.query_starts = upload(query_starts, device);
  group.key_starts = upload(key_starts, device);
  return group;
}

AttentionPlan plan_attention(Int32Span key_ranges, int64_t num_keys, at::Device device) {
  AttentionPlan plan;
  plan.runs = attention_runs(key_ranges, num_keys);
  for (const AttentionRun& run : plan.runs) plan.num_visible_queries += run.num_queries();
  for (const bool causal : {true, false}) {
    const bool has_any = std::any_of(plan.runs.begin(), plan.runs.end(),
                                     [causal](const AttentionRun& run) { return run.causal == causal; });
    if (has_any) plan.groups.push_back(group_of(plan.runs, causal, key_ranges.size / 4, num_keys, device));
  }
  return plan;
}

/// What a plan was made of, and the plan.
struct Remembered {
  std::vector<int32_t> key_ranges;
  int64_t num_keys = 0;
  at::Device device = at::kCPU;
  std::shared_ptr<const AttentionPlan> plan;
};

}  // namespace

std::shared_ptr<const AttentionPlan> planned(Int32Span key_ranges, int64_t num_keys, at::Device device) {
  thread_local Remembered last;
  const int32_t* end = key_ranges.data + key_ranges.size;
  const bool is_same = last.plan != nullptr && last.num_keys == num_keys && last.device == device &&
                       std::equal(last.key_ranges.begin(), last.key_ranges.end(), key_ranges.data, end);
  if (!is_same) {
    auto plan = std::make_shared<AttentionPlan>(plan_attention(key_ranges, num_keys, device));
    last = {{key_ranges.data, end}, num_keys, device, std::move(plan)};
  }
  return last.plan;
}

}  // namespace interfuse::aten
