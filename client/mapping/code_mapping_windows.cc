#include <windows.h>

#include <cstring>

#include "client/mapping/code_mapping.h"

namespace springboard {
namespace {

MappingError LastError(const char* operation) {
  return {operation, static_cast<int>(GetLastError())};
}

}  // namespace

// Windows has no sealed files: the pages are written first, and executable only from then on.
std::variant<CodeMapping, MappingError> CodeMapping::Map(const uint8_t* code, size_t size) {
  void* const address = VirtualAlloc(nullptr, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  if (address == nullptr) return LastError("VirtualAlloc");
  CodeMapping mapping(address, size);
  std::memcpy(address, code, size);
  DWORD before = 0;
  if (!VirtualProtect(address, size, PAGE_EXECUTE_READ, &before)) {
    return LastError("VirtualProtect");
  }
  if (!FlushInstructionCache(GetCurrentProcess(), address, size)) {
    return LastError("FlushInstructionCache");
  }
  return mapping;
}

CodeMapping::~CodeMapping() {
  if (address_ != nullptr) VirtualFree(address_, 0, MEM_RELEASE);
}

}  // namespace springboard
