#include "../compute/image_sampling.h"
#include "../compute/resize.h"
#include "../compute/suppression.h"
#include "tables.h"

namespace interfuse {

std::vector<Entry> image_entries() {
  return {
      {"CropAndResize", bind<crop_and_resize>},
      {"NonMaxSuppression", bind<suppress>},
      {"ResizeBilinear", bind<resize_bilinear>},
      {"ResizeBilinearGrad", bind<resize_bilinear_grad>},
      {"ResizeNearestNeighbor", bind<resize_nearest>},
      {"ResizeNearestNeighborGrad", bind<resize_nearest_grad>},
      {"RotateWithOffset", bind<rotate>},
      {"Transform", bind<transform>},
  };
}

}  // namespace interfuse
