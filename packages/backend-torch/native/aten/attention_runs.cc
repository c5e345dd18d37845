#include "attention_runs.h"

#include <algorithm>

namespace interfuse::aten {

namespace {

/// What one query sees, in one range where two touch or one is empty.
AttentionRun run_of_one(const int32_t* row, int64_t query, int64_t num_keys) {
  const auto clipped = [num_keys](int64_t begin, int64_t end) {
    const KeyRange range{std::max<int64_t>(begin, 0), std::min(end, num_keys)};
    return range.empty() ? KeyRange{} : range;
  };
  KeyRange first = clipped(row[0], row[1]);
  KeyRange second = clipped(row[2], row[3]);
  if (first.empty()) std::swap(first, second);
  if (!second.empty() && first.end == second.begin) {
    first.end = second.end;
    second = {};
  }
  return {query, query + 1, first, second, false};
}

/// Whether `next` sees the keys of `run` and one more behind them.
bool sees_one_more(const AttentionRun& run, const AttentionRun& next) {
  const auto grown = [](KeyRange range) { return KeyRange{range.begin, range.end + 1}; };
  if (run.second.empty()) return next.second.empty() && next.first == grown(run.first);
  return next.first == run.first && next.second == grown(run.second);
}

/// Makes the run longer by the query behind it, where they fit together.
bool extend(AttentionRun& run, const AttentionRun& next) {
  if (run.end != next.begin) return false;
  const bool is_single = run.num_queries() == 1;
  const bool is_same = run.first == next.first && run.second == next.second;
  if (is_same && (is_single || !run.causal)) {
    run.end = next.end;
    return true;
  }
  if (!sees_one_more(run, next) || (!is_single && !run.causal)) return false;
  run = {run.begin, next.end, next.first, next.second, true};
  return true;
}

}  // namespace

std::vector<AttentionRun> attention_runs(Int32Span key_ranges, int64_t num_keys) {
  std::vector<AttentionRun> runs;
  for (int64_t query = 0; query < key_ranges.size / 4; ++query) {
    const AttentionRun next = run_of_one(key_ranges.data + 4 * query, query, num_keys);
    if (next.num_keys() == 0) continue;
    if (runs.empty() || !extend(runs.back(), next)) runs.push_back(next);
  }
  return runs;
}

}  // namespace interfuse::aten
