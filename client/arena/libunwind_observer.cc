#include "client/arena/libunwind_observer.h"

#define UNW_LOCAL_ONLY
#include <libunwind.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "client/arena/eh_frame.h"
#include "client/arena/link_error.h"
#include "client/mapping/map_anonymous.h"

namespace springboard {
namespace {

// An entry of the table in .eh_frame_hdr: both are relative to the code's begin.
struct TableEntry {
  int32_t code;
  int32_t fde;
};

// The tables are mapped near the code, since their entries have 32 bits.
class Registration final : public CodeRegistration {
 public:
  Registration(const NewCode& code, const EhFrame& frame, MappedMemory memory)
      : memory_(std::move(memory)) {
    uint8_t* const bytes = memory_.get();
    std::copy(frame.bytes.begin(), frame.bytes.end(), bytes);
    auto* const table = reinterpret_cast<TableEntry*>(bytes + frame.bytes.size());
    for (size_t i = 0; i < frame.fdes.size(); ++i) {
      table[i] = {static_cast<int32_t>(frame.fdes[i].begin - code.begin()),
                  static_cast<int32_t>(bytes + frame.fdes[i].offset_bytes - code.begin())};
    }
    info_.start_ip = reinterpret_cast<uintptr_t>(code.begin());
    info_.end_ip = reinterpret_cast<uintptr_t>(code.end());
    info_.format = UNW_INFO_FORMAT_REMOTE_TABLE;
    info_.u.rti.segbase = info_.start_ip;
    info_.u.rti.table_data = reinterpret_cast<uintptr_t>(table);
    info_.u.rti.table_len = frame.fdes.size() * sizeof(TableEntry) / sizeof(unw_word_t);
    _U_dyn_register(&info_);
  }
  ~Registration() override {
    _U_dyn_cancel(&info_);
    // Other code may come to be at these addresses.
    unw_flush_cache(unw_local_addr_space, info_.start_ip, info_.end_ip);
  }

 private:
  const MappedMemory memory_;
  unw_dyn_info_t info_ = {};
};

class LibunwindObserver final : public CodeObserver {
 public:
  absl::StatusOr<std::unique_ptr<CodeRegistration>> Observe(const NewCode& code) override {
    const EhFrame frame = BuildEhFrame(code, UnwindTables::kAsynchronous);
    if (!frame.has_frames) return nullptr;
    const size_t size = frame.bytes.size() + frame.fdes.size() * sizeof(TableEntry);
    const Neighborhood neighborhood = {reinterpret_cast<uintptr_t>(code.begin()),
                                       std::numeric_limits<int32_t>::max()};
    MappedMemory memory = MapAnonymous(size, PROT_READ | PROT_WRITE, neighborhood);
    if (!memory) return MappingRefused({"mmap", errno}, /*directory=*/"");
    if (!neighborhood.Holds(reinterpret_cast<uintptr_t>(memory.get()), size)) {
      return MappingRefused({"mmap", ENOMEM}, /*directory=*/"");
    }
    return std::make_unique<Registration>(code, frame, std::move(memory));
  }
};

}  // namespace

CodeObserver& Libunwind() {
  static auto* const observer = new LibunwindObserver;
  return *observer;
}

}  // namespace springboard
