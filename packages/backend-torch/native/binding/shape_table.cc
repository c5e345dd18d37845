#include "../compute/blocks.h"
#include "../compute/gather.h"
#include "../compute/lookup.h"
#include "../compute/shape.h"
#include "../compute/sparse.h"
#include "tables.h"

namespace interfuse {

std::vector<Entry> shape_entries() {
  return {
      {"BatchToSpaceND", bind<batch_to_space>},
      {"BroadcastArgs", bind<broadcast_shapes>},
      {"BroadcastTo", bind<broadcast_to>},
      {"Concat", bind<concat>},
      {"DepthToSpace", bind<depth_to_space>},
      {"Diag", bind<diagonal>},
      {"Fill", bind<fill>},
      {"LinSpace", bind<linspace>},
      {"MirrorPad", bind<mirror_pad>},
      {"OnesLike", bind<ones_like>},
      {"Pack", bind<pack>},
      {"PadV2", bind<pad>},
      {"Range", bind<range>},
      {"Reshape", bind<reshape>},
      {"Reverse", bind<reverse>},
      {"Slice", bind<slice>},
      {"SpaceToBatchND", bind<space_to_batch>},
      {"SplitV", bind<split>},
      {"StridedSlice", bind<strided_slice>},
      {"Tile", bind<tile>},
      {"Transpose", bind<transpose>},
      {"Unpack", bind<unpack>},
      {"ZerosLike", bind<zeros_like>},
      // by index
      {"DenseBincount", bind<bincount>},
      {"GatherNd", bind<gather_nd>},
      {"GatherV2", bind<gather>},
      {"Multinomial", bind<multinomial>},
      {"OneHot", bind<one_hot>},
      {"ScatterNd", bind<scatter_nd>},
      {"SearchSorted", bind<search_sorted>},
      {"SparseFillEmptyRows", bind<sparse_fill_empty_rows>},
      {"SparseReshape", bind<sparse_reshape>},
      {"SparseSegmentMean", bind<sparse_segment_mean>},
      {"SparseSegmentSum", bind<sparse_segment_sum>},
      {"SparseToDense", bind<sparse_to_dense>},
      {"TensorScatterUpdate", bind<scatter_update>},
      {"Unique", bind<unique>},
      {"UnsortedSegmentSum", bind<segment_sum>},
  };
}

}  // namespace interfuse
