// Runs of attention as the calls of a kernel for sequences of different lengths (FlashAttention's "varlen"): which rows
// of queries and keys to put side by side, and where each sequence begins.
#pragma once

#include <memory>
#include <vector>

#include "attention_runs.h"

namespace interfuse::aten {

/// All runs of one form: one call of the kernel.
struct AttentionGroup {
  bool causal = false;
  Tensor queries;         // int64 [T]: rows of the query; undefined when these are all, in order
  Tensor keys;            // int64 [U]: rows of key and value, repeated where runs share them; undefined likewise
  Tensor query_starts;    // int32 [runs + 1]
  Tensor key_starts;      // int32 [runs + 1]
  int64_t max_queries = 0, max_keys = 0;
  Tensor uses, use_starts;  // int64 [U], [S]: for each key the places in `keys` that hold it, one after the other
};

/// What attention over some key ranges takes on a device.
struct AttentionPlan {
  std::vector<AttentionRun> runs;
  std::vector<AttentionGroup> groups;  // of runs that are causal, of those that are not
  int64_t num_visible_queries = 0;
};

/// The plan of key ranges [L, 4]. The last one of a thread is remembered: layers and passes of one step ask for the same.
std::shared_ptr<const AttentionPlan> planned(Int32Span key_ranges, int64_t num_keys, at::Device device);

}  // namespace interfuse::aten
