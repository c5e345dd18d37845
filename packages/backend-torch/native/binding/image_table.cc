#include "../compute/image_sampling.h"
#include "../compute/resize.h"
#include "../compute/suppression.h"
#include "forms.h"
#include "tables.h"

namespace interfuse {

std::vector<Entry> image_entries() {
  return {
      {"CropAndResize", bind_on_host<crop_and_resize>},
      {"NonMaxSuppression", bind_on_host<suppress>},
      {"ResizeBilinear", BY_DEVICE(resize_bilinear)},
      {"ResizeBilinearGrad", BY_DEVICE(resize_bilinear_grad)},
      {"ResizeNearestNeighbor", BY_DEVICE(resize_nearest)},
      {"ResizeNearestNeighborGrad", BY_DEVICE(resize_nearest_grad)},
      {"RotateWithOffset", bind_on_host<rotate>},
      {"Transform", bind_on_host<transform>},
  };
}

}  // namespace interfuse
