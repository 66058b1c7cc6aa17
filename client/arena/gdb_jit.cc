#include "client/arena/gdb_jit.h"

#include <cstdint>
#include <mutex>
#include <vector>

#include "client/arena/elf_image.h"

// The layouts and the last two names are gdb's, which sets a breakpoint in the function. Weak:
// other compilers in the process define them too, and gdb looks at one of each.
extern "C" {
struct JitCodeEntry {
  JitCodeEntry* next_entry;
  JitCodeEntry* prev_entry;
  const char* symfile_addr;
  uint64_t symfile_size;
};

struct JitDescriptor {
  uint32_t version;
  uint32_t action_flag;
  JitCodeEntry* relevant_entry;
  JitCodeEntry* first_entry;
};

// NOLINTNEXTLINE(readability-identifier-naming)
__attribute__((weak, used)) JitDescriptor __jit_debug_descriptor = {1, 0, nullptr, nullptr};

__attribute__((weak, used, noinline)) void __jit_debug_register_code() { asm volatile(""); }
}

namespace springboard {
namespace {

enum : uint32_t { kRegister = 1, kUnregister = 2 };

std::mutex& Mutex() {
  static auto* const mutex = new std::mutex;
  return *mutex;
}

void Tell(uint32_t action, JitCodeEntry* entry) {
  __jit_debug_descriptor.action_flag = action;
  __jit_debug_descriptor.relevant_entry = entry;
  __jit_debug_register_code();
}

class Registration final : public CodeRegistration {
 public:
  explicit Registration(std::vector<uint8_t> image) : image_(std::move(image)) {
    entry_.symfile_addr = reinterpret_cast<const char*>(image_.data());
    entry_.symfile_size = image_.size();
    const std::lock_guard<std::mutex> lock(Mutex());
    entry_.next_entry = __jit_debug_descriptor.first_entry;
    if (entry_.next_entry != nullptr) entry_.next_entry->prev_entry = &entry_;
    __jit_debug_descriptor.first_entry = &entry_;
    Tell(kRegister, &entry_);
  }

  ~Registration() override {
    const std::lock_guard<std::mutex> lock(Mutex());
    if (entry_.next_entry != nullptr) entry_.next_entry->prev_entry = entry_.prev_entry;
    if (entry_.prev_entry != nullptr) {
      entry_.prev_entry->next_entry = entry_.next_entry;
    } else {
      __jit_debug_descriptor.first_entry = entry_.next_entry;
    }
    Tell(kUnregister, &entry_);
  }

 private:
  const std::vector<uint8_t> image_;
  JitCodeEntry entry_ = {};
};

class GdbObserver final : public CodeObserver {
 public:
  absl::StatusOr<std::unique_ptr<CodeRegistration>> Observe(const NewCode& code) override {
    return std::make_unique<Registration>(BuildElfImage(code));
  }
};

}  // namespace

CodeObserver& GdbJit() {
  static auto* const observer = new GdbObserver;
  return *observer;
}

}  // namespace springboard
