#ifndef SPRINGBOARD_TESTS_SUPPORT_PACK_BYTES_H_
#define SPRINGBOARD_TESTS_SUPPORT_PACK_BYTES_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/pack/pack_format.h"
#include "client/pack/pack_writer.h"
#include "compiler/compile_request.h"

namespace springboard {

// Writes a pack of the requests, compiled in process.
absl::Status WritePack(const std::string& path, const std::vector<CompileRequest>& requests,
                       size_t run_bytes = PackWriter::kRunBytes);

// Its bytes; none if there is no place to write it.
std::string PackOf(const std::vector<CompileRequest>& requests);

// The parts of a pack that is to be changed; those of a good one only. Behind the rows of the
// entries there is one more.
PackHeader HeaderOf(const std::string& bytes);
void SetHeader(const PackHeader& header, std::string& bytes);
PackRow RowOf(const std::string& bytes, size_t index);
void SetRow(size_t index, const PackRow& row, std::string& bytes);
PackEntryHeader EntryHeaderOf(const std::string& bytes, size_t index);
void SetEntryHeader(size_t index, const PackEntryHeader& header, std::string& bytes);

// Makes every hash right (but not the SHA-256), as who means harm does; also of what is no pack, as
// far as there are places for them.
void Seal(std::string& bytes);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SUPPORT_PACK_BYTES_H_
