#include "attention_plan.h"

#include <algorithm>
#include <numeric>

namespace interfuse {

namespace {

struct Range {
  int32_t begin;
  int32_t end;
  bool empty() const { return begin >= end; }
};

struct RowRanges {
  Range a;
  Range b;
};

RowRanges clipped(const int32_t* row, int32_t num_keys) {
  const auto clip = [num_keys](int32_t begin, int32_t end) {
    return Range{std::max(begin, 0), std::min(end, num_keys)};
  };
  return {clip(row[0], row[1]), clip(row[2], row[3])};
}

bool overlaps(const std::vector<Range>& seen, const Range& range) {
  if (range.empty()) return false;
  return std::any_of(seen.begin(), seen.end(),
                     [&](const Range& s) { return s.begin < range.end && range.begin < s.end; });
}

/// Adds a range to a sorted list of disjoint ones, joining those that it touches.
void merge_into(std::vector<Range>& merged, Range range) {
  if (range.empty()) return;
  // The usual case: the range lies in the last interval, or makes it longer.
  if (!merged.empty() && merged.back().begin <= range.begin && range.begin <= merged.back().end) {
    merged.back().end = std::max(merged.back().end, range.end);
    return;
  }
  std::vector<Range> result;
  for (const Range& other : merged) {
    if (other.end < range.begin || range.end < other.begin) {
      result.push_back(other);
    } else {
      range = {std::min(range.begin, other.begin), std::max(range.end, other.end)};
    }
  }
  result.insert(std::upper_bound(result.begin(), result.end(), range,
                                 [](const Range& x, const Range& y) { return x.begin < y.begin; }),
                range);
  merged = std::move(result);
}

int32_t position_of(const std::vector<KeyInterval>& keys, int32_t key) {
  for (const KeyInterval& interval : keys) {
    if (key <= interval.end) return interval.position + key - interval.begin;
  }
  return 0;
}

QueryGroup finish_group(int32_t begin, const std::vector<RowRanges>& rows, const std::vector<Range>& merged) {
  QueryGroup group{begin, begin + static_cast<int32_t>(rows.size()), {}, 0, {}};
  for (const Range& range : merged) {
    group.keys.push_back({range.begin, range.end, group.num_positions});
    group.num_positions += range.end - range.begin;
  }
  for (const RowRanges& row : rows) {
    // Intervals that touch were joined, so a key below `end` identifies its interval.
    const auto place = [&](const Range& range) {
      if (range.empty()) return Range{0, 0};
      const int32_t last = position_of(group.keys, range.end);
      return Range{last - (range.end - range.begin), last};
    };
    const Range a = place(row.a);
    const Range b = place(row.b);
    group.rows.push_back({a.begin, a.end, b.begin, b.end});
  }
  return group;
}

/// Joins groups with overlapping keys: one sweep over all intervals by their start.
std::vector<Component> connect(const std::vector<QueryGroup>& groups) {
  struct Piece {
    int32_t begin, end, group;
  };
  std::vector<Piece> pieces;
  for (size_t g = 0; g < groups.size(); ++g) {
    for (const KeyInterval& keys : groups[g].keys) pieces.push_back({keys.begin, keys.end, static_cast<int32_t>(g)});
  }
  std::sort(pieces.begin(), pieces.end(), [](const Piece& x, const Piece& y) { return x.begin < y.begin; });
  std::vector<int32_t> parent(groups.size());
  std::iota(parent.begin(), parent.end(), 0);
  const auto root = [&](int32_t g) {
    while (parent[g] != g) g = parent[g] = parent[parent[g]];
    return g;
  };
  int32_t reach = -1;
  int32_t owner = -1;
  for (const Piece& piece : pieces) {
    if (owner >= 0 && piece.begin < reach) {
      parent[std::max(root(piece.group), root(owner))] = std::min(root(piece.group), root(owner));
    } else {
      owner = piece.group;
    }
    reach = std::max(reach, piece.end);
  }
  std::vector<std::vector<int32_t>> members(groups.size());
  for (size_t g = 0; g < groups.size(); ++g) members[root(static_cast<int32_t>(g))].push_back(static_cast<int32_t>(g));
  std::vector<std::vector<Range>> merged(groups.size());
  for (const Piece& piece : pieces) merge_into(merged[root(piece.group)], {piece.begin, piece.end});
  std::vector<Component> components;
  for (size_t g = 0; g < groups.size(); ++g) {
    if (members[g].empty()) continue;
    components.push_back({std::move(members[g]), {}});
    for (const Range& range : merged[g]) {
      components.back().keys.push_back({range.begin, range.end, range.begin - merged[g].front().begin});
    }
  }
  return components;
}

AttentionPlan plan_attention(const int32_t* key_ranges, int64_t num_queries, int64_t num_keys, int32_t max_queries) {
  AttentionPlan plan;
  std::vector<RowRanges> rows;
  std::vector<Range> merged;
  int32_t begin = 0;
  const auto close = [&](int32_t next) {
    if (!rows.empty()) plan.groups.push_back(finish_group(begin, rows, merged));
    rows.clear();
    merged.clear();
    begin = next;
  };
  for (int64_t i = 0; i < num_queries; ++i) {
    const RowRanges row = clipped(key_ranges + 4 * i, static_cast<int32_t>(num_keys));
    const bool sees_other_keys = !merged.empty() && !overlaps(merged, row.a) && !overlaps(merged, row.b);
    if (sees_other_keys || static_cast<int32_t>(rows.size()) == max_queries) close(static_cast<int32_t>(i));
    rows.push_back(row);
    merge_into(merged, row.a);
    merge_into(merged, row.b);
  }
  close(static_cast<int32_t>(num_queries));
  plan.components = connect(plan.groups);
  return plan;
}

/// What a plan was made of, and the plan.
struct Remembered {
  std::vector<int32_t> key_ranges;
  int64_t num_keys = 0;
  int32_t max_queries = 0;
  std::shared_ptr<const AttentionPlan> plan;
};

}  // namespace

std::shared_ptr<const AttentionPlan> remembered_plan(Int32Span key_ranges, int64_t num_keys, int32_t max_queries) {
  thread_local Remembered last;
  const int32_t* end = key_ranges.data + key_ranges.size;
  const bool is_same = last.plan != nullptr && last.num_keys == num_keys && last.max_queries == max_queries &&
                       std::equal(last.key_ranges.begin(), last.key_ranges.end(), key_ranges.data, end);
  if (!is_same) {
    auto plan = plan_attention(key_ranges.data, key_ranges.size / 4, num_keys, max_queries);
    last = {{key_ranges.data, end}, num_keys, max_queries, std::make_shared<AttentionPlan>(std::move(plan))};
  }
  return last.plan;
}

}  // namespace interfuse
