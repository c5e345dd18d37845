#include "../operations/blocks.h"
#include "../operations/gather.h"
#include "../operations/lookup.h"
#include "../operations/shape.h"
#include "../operations/sparse.h"
#include "forms.h"
#include "tables.h"

namespace interfuse {

std::vector<Entry> shape_entries() {
  return {
      {"BatchToSpaceND", bind<batch_to_space>},
      {"BroadcastArgs", bind_on_host<broadcast_shapes>},
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
      {"GatherNd", BY_DEVICE(gather_nd)},
      {"GatherV2", BY_DEVICE(gather)},
      {"Multinomial", bind_on_host<multinomial>},
      {"OneHot", bind<one_hot>},
      {"ScatterNd", BY_DEVICE(scatter_nd)},
      {"SearchSorted", bind<search_sorted>},
      {"SparseFillEmptyRows", bind_on_host<sparse_fill_empty_rows>},
      {"SparseReshape", bind_on_host<sparse_reshape>},
      {"SparseSegmentMean", bind_on_host<sparse_segment_mean>},
      {"SparseSegmentSum", bind_on_host<sparse_segment_sum>},
      {"SparseToDense", bind_on_host<sparse_to_dense>},
      {"TensorScatterUpdate", BY_DEVICE(scatter_update)},
      {"Unique", bind_on_host<unique>},
      {"UnsortedSegmentSum", bind<segment_sum>},
  };
}

}  // namespace interfuse
