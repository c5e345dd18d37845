// What NVIDIA's driver says of a card, for reports and for choosing a precision; libtorch's interfaces for any accelerator
// do not tell it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace interfuse {

struct Card {
  std::string name;            // for example "NVIDIA H100 80GB HBM3"
  int capability_major = 0;    // compute capability, 9.0 for Hopper
  int capability_minor = 0;
  int64_t memory = 0;          // in bytes
};

/// The card of a number, counted as CUDA counts; nothing without NVIDIA's driver.
std::optional<Card> nvidia_card(int index);

}  // namespace interfuse
