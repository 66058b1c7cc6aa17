#include "client/pack/pack_writer.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/pack/pack_format.h"
#include "common/replacement_file.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

template <typename Value>
void Append(const Value& value, std::string& bytes) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

}  // namespace

absl::Status PackWriter::Add(const CompileRequest& request, const Trampoline& trampoline) {
  if (!entries_.empty() && entries_.begin()->second.codegen_version != trampoline.codegen_version) {
    return MakeError(absl::StatusCode::kFailedPrecondition, reason::kVersionMismatch, "",
                     absl::StrCat("a pack is of one codegen version; it has ",
                                  entries_.begin()->second.codegen_version, ", got ",
                                  trampoline.codegen_version));
  }
  entries_.try_emplace(RequestKey(request), trampoline);
  return absl::OkStatus();
}

std::string PackWriter::ToBytes() const {
  PackHeader header = {};
  std::memcpy(header.magic, kPackMagic, sizeof(kPackMagic));
  header.format = kPackFormat;
  header.codegen_version =
      entries_.empty() ? kCodegenVersion : entries_.begin()->second.codegen_version;
  header.entries = entries_.size();
  std::string index;
  std::string data;
  const size_t data_offset = sizeof(header) + entries_.size() * sizeof(PackRow);
  for (const auto& [key, trampoline] : entries_) {
    const PackRow row = {data_offset + data.size(),
                         static_cast<uint32_t>(key.size()),
                         static_cast<uint32_t>(trampoline.code.size()),
                         trampoline.relocation.callee_offset_bytes,
                         trampoline.alignment_bytes,
                         trampoline.frame_bytes,
                         trampoline.is_tail_call ? 1U : 0U};
    Append(row, index);
    data += key;
    data.append(trampoline.code.begin(), trampoline.code.end());
  }
  header.file_bytes = data_offset + data.size();
  std::string bytes;
  Append(header, bytes);
  return bytes + index + data;
}

absl::Status PackWriter::WriteTo(const std::string& path) const {
  absl::StatusOr<ReplacementFile> file = ReplacementFile::Write(path, ToBytes());
  if (!file.ok()) return file.status();
  return file->Commit();
}

}  // namespace springboard
