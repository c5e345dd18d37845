#include "matrix_unit.h"

#ifdef __AMX_BF16__
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace interfuse {

#ifdef __AMX_BF16__

namespace {

/// What `ldtilecfg` reads.
struct alignas(64) TileShapes {
  uint8_t palette, start_row;
  uint8_t reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
};

constexpr TileShapes whole_tiles() {
  TileShapes shapes{};
  shapes.palette = 1;
  for (int tile = 0; tile < 8; ++tile) {
    shapes.row_bytes[tile] = kTileRows * sizeof(Bfloat16Pair);
    shapes.rows[tile] = kTileRows;
  }
  return shapes;
}

constexpr TileShapes kWholeTiles = whole_tiles();

}  // namespace

bool may_use_matrix_unit() {
  // Linux saves the tiles of a process from when it asks for it: ARCH_REQ_XCOMP_PERM for XFEATURE_XTILEDATA.
  static const bool allowed = syscall(SYS_arch_prctl, 0x1023, 18) == 0;
  return allowed;
}

WholeTiles::WholeTiles() { asm volatile("ldtilecfg %0" ::"m"(kWholeTiles)); }

WholeTiles::~WholeTiles() { asm volatile("tilerelease" ::); }

#else

bool may_use_matrix_unit() { return false; }

#endif

}  // namespace interfuse
