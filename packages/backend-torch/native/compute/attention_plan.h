// Which keys are loaded together for which queries. Consecutive queries form a group that shares one sorted list of
// key intervals, its "positions"; groups whose keys overlap form a component, so that components can run in parallel
// while gradients of keys are added up.
#pragma once

#include <memory>
#include <vector>

#include "types.h"

namespace interfuse {

/// Keys [begin, end), which take the positions from `position` on, of a group's or a component's.
struct KeyInterval {
  int32_t begin;
  int32_t end;
  int32_t position;
};

/// What one query sees, as positions of its group: [a0, a1) and [b0, b1).
struct VisibleRow {
  int32_t a0, a1, b0, b1;
  int32_t first() const { return a0 < a1 ? a0 : b0; }
  int32_t last() const { return b0 < b1 ? b1 : a1; }
  bool empty() const { return a0 >= a1 && b0 >= b1; }
};

struct QueryGroup {
  int32_t begin;
  int32_t end;  // queries [begin, end)
  std::vector<KeyInterval> keys;
  int32_t num_positions;
  std::vector<VisibleRow> rows;
};

/// Groups that see some of the same keys, and all the keys they see; positions count from the first of these.
struct Component {
  std::vector<int32_t> groups;  // indices, ascending
  std::vector<KeyInterval> keys;

  int32_t num_positions() const { return keys.empty() ? 0 : keys.back().end - keys.front().begin; }
};

struct AttentionPlan {
  std::vector<QueryGroup> groups;
  std::vector<Component> components;
};

/// The plan of key ranges [L, 4], in groups of at most `max_queries` queries; ranges are clipped to [0, num_keys). The last
/// plan of a thread is remembered: the layers and passes of one step ask for the same.
std::shared_ptr<const AttentionPlan> remembered_plan(Int32Span key_ranges, int64_t num_keys, int32_t max_queries);

}  // namespace interfuse
