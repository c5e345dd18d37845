#include "../compute/gather.h"
#include "../compute/shape.h"
#include "tables.h"

namespace interfuse {

std::vector<Entry> shape_entries() {
  return {
      {"BroadcastTo", bind<broadcast_to>},
      {"Concat", bind<concat>},
      {"Fill", bind<fill>},
      {"LinSpace", bind<linspace>},
      {"MirrorPad", bind<mirror_pad>},
      {"OnesLike", bind<ones_like>},
      {"Pack", bind<pack>},
      {"PadV2", bind<pad>},
      {"Reshape", bind<reshape>},
      {"Reverse", bind<reverse>},
      {"Slice", bind<slice>},
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
      {"TensorScatterUpdate", bind<scatter_update>},
      {"UnsortedSegmentSum", bind<segment_sum>},
  };
}

}  // namespace interfuse
