#include "adapters/readers/tree_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/base/text.h"

namespace tombolo::readers {
namespace {

constexpr size_t kChunkBytes = limits::kReadBlockBytes / 8;  // bounds the rows that wait

}  // namespace

TreeReader::TreeReader(ReaderInput input, std::unique_ptr<CompiledPaths> paths,
                       std::unique_ptr<TranscodingSource> source)
    : input_(std::move(input)),
      paths_(std::move(paths)),
      source_(std::move(source)),
      builder_(paths_.get(), input_.limits, source_->marked(), std::string(input_.encoding->name)),
      chunk_(std::min(kChunkBytes, input_.limits.block_bytes), '\0') {}

StatusOr<bool> TreeReader::Next(Row* row) {
  while (builder_.empty()) {
    RETURN_IF_ERROR(error_);
    if (done_) return false;
    error_ = Step();
  }
  builder_.Pop(row);
  return true;
}

StatusOr<std::string_view> TreeReader::ReadChunk(char escape) {
  ASSIGN_OR_RETURN(const size_t n, source_->Read(chunk_.data(), chunk_.size()));
  const std::string_view chunk(chunk_.data(), n);
  if (!escapes_ && chunk.find(escape) != std::string_view::npos) {
    escapes_ = true;
    builder_.ExpectNoncharacters();
  }
  return chunk;
}

Status TreeReader::Fail(Code code, const std::string& what) const {
  return MakeError(code, absl::StrCat(input_.name, ": ", what));
}

Status TreeReader::CheckParentSeen(bool seen, const std::string& row_path) const {
  if (seen) return absl::OkStatus();
  return Fail(Code::HEADER_MISSING,
              absl::StrCat("nothing in the file stands where the row path '", row_path,
                           "' looks for rows; look whether a name was changed"));
}

StatusOr<std::unique_ptr<RowReader>> CreateTreeReader(ReaderInput input,
                                                      const ReaderOptions& options) {
  ASSIGN_OR_RETURN(CompiledPaths compiled,
                   CompilePaths(options, input.limits.columns_max, input.limits.nesting_max));
  auto paths = std::make_unique<CompiledPaths>(std::move(compiled));
  ASSIGN_OR_RETURN(auto source, TranscodingSource::Create(std::move(input.source), *input.encoding,
                                                          input.limits.block_bytes));
  switch (options.format) {
    case Format::kXml:
      return MakeXmlReader(std::move(input), options, std::move(paths), std::move(source));
    case Format::kJson:
      return MakeJsonReader(std::move(input), options, std::move(paths), std::move(source));
    default:
      return MakeNdjsonReader(std::move(input), std::move(paths), std::move(source));
  }
}

}  // namespace tombolo::readers
