#ifndef SPRINGBOARD_CLIENT_MAPPING_MAPPING_WAY_H_
#define SPRINGBOARD_CLIENT_MAPPING_MAPPING_WAY_H_

#include <cstddef>
#include <cstdint>

#include "client/mapping/code_region.h"

namespace springboard {

// How memory becomes executable. Those that a system has are tried in this order.
enum class MappingWay : uint8_t {
  kSealedShared,   // A memfd that is written, sealed, and only then mapped. Nobody can change it:
                   // no process, no system call, no debugger. If it is mapped at the reservation,
                   // it is written as kDual is, once.
  kSealedPrivate,  // The same, mapped private: where shared mappings of files are refused. This
                   // process can be made to change its own copy.
  kDual,           // A memfd with two mappings: one executable, one that is accessible, and then
                   // writable, only while code is added. Takes more code later in the same pages.
  kTemporaryFile,  // An unlinked file on a file system: where memfd_create is refused.
  kAnonymous,      // Anonymous memory, written and then made executable instead. All that Windows
                   // has.
  kStaticTable,    // Code of the program itself, with callees in data: see StaticTable.
  kEmbedder,       // Whatever the embedder's CodeMapper does.
};

// Reserves `size` bytes, at least 1 and rounded up to whole pages, in one of the first five ways.
// `directory` is where kTemporaryFile makes its file, and may be null for the others. Refused with
// ENOTSUP is what a way cannot do: kAnonymous has nothing to map before it is written.
//
// With MapTime::kAfterSeal the region's destination is known at once if `neighborhood` is set, and
// in it, if there is room.
ReservedRegion ReserveRegion(MappingWay way, size_t size, MapTime time, const char* directory,
                             std::optional<Neighborhood> neighborhood = std::nullopt);

// Writes `size` bytes to the region's begin, seals and maps it.
MappingResult WriteAndMap(CodeRegion& region, const uint8_t* code, size_t size);

// All phases at once for `size` bytes of code, at least 1, in the first way that the system has.
ReservedRegion MapCode(const uint8_t* code, size_t size);

// What the system maps, in bytes; a power of two.
size_t PageBytes();

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MAPPING_MAPPING_WAY_H_
