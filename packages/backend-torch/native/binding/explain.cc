#include "explain.h"

namespace interfuse {

namespace {

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

/// Takes away "[enforce fail at alloc_cpu.cpp:127] err == 0. ": a place in libtorch's sources and what was checked there.
std::string without_source_line(const std::string& message) {
  if (message.rfind("[enforce fail at ", 0) != 0) return message;
  const size_t place = message.find("] ");
  const size_t condition = place == std::string::npos ? place : message.find(". ", place);
  return condition == std::string::npos ? message : message.substr(condition + 2);
}

/// "4096 bytes" of "you tried to allocate 4096 bytes. Error code 12", as libtorch's allocators put it; else empty.
std::string amount_asked_for(const std::string& message) {
  static const std::string kBefore = "ried to allocate ";
  const size_t found = message.find(kBefore);
  if (found == std::string::npos) return "";
  const size_t begin = found + kBefore.size();
  return message.substr(begin, message.find(". ", begin) - begin);
}

}  // namespace

std::string explained(const std::string& message) {
  // What follows is a C++ stack.
  const std::string line = without_source_line(message.substr(0, message.find('\n')));
  const std::string amount = amount_asked_for(line);
  if (!amount.empty() || contains(line, "bad_alloc") || contains(line, "out of memory")) {
    return "out of memory" + (amount.empty() ? "" : ": cannot allocate " + amount) +
           "; dispose tensors, or compute on smaller ones";
  }
  static const std::string kOverflow = "Storage size calculation overflowed with sizes=";
  if (line.rfind(kOverflow, 0) == 0) {
    return "the size of a tensor of shape " + line.substr(kOverflow.size()) + " overflows 64 bits; use smaller axes";
  }
  return line;
}

}  // namespace interfuse
