// Key ranges as runs of queries whose attention is one of two forms that libraries have kernels for: every query sees the
// same keys, or each sees one key more than the query before.
#pragma once

#include "../compute/types.h"

namespace interfuse::aten {

/// Keys [begin, end).
struct KeyRange {
  int64_t begin = 0;
  int64_t end = 0;
  int64_t size() const { return end - begin; }
  bool empty() const { return begin >= end; }
  bool operator==(const KeyRange& other) const { return begin == other.begin && end == other.end; }
};

/// Queries [begin, end), and the keys that the last of them sees. In a causal run the query before sees all but the last of
/// these keys, and so on backwards; in a full run all queries see all of them.
struct AttentionRun {
  int64_t begin = 0;
  int64_t end = 0;
  KeyRange first, second;
  bool causal = false;

  int64_t num_queries() const { return end - begin; }
  int64_t num_keys() const { return first.size() + second.size(); }
};

/// The runs of key ranges [L, 4] (see compute/attention.h), in the order of their queries; ranges are clipped to
/// [0, num_keys), and queries that see nothing are in no run.
std::vector<AttentionRun> attention_runs(Int32Span key_ranges, int64_t num_keys);

}  // namespace interfuse::aten
