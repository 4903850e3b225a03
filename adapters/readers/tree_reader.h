// What the readers of nested formats (XML, JSON, NDJSON) share: the decoded source, the paths, the
// queue of rows.
//
// Ownership: the reader owns the input. Thread-safety: one thread per reader. Errors: see
// readers.h. Rows that were complete before an error are given out before it.
#ifndef TOMBOLO_ADAPTERS_READERS_TREE_READER_H_
#define TOMBOLO_ADAPTERS_READERS_TREE_READER_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/readers/csv_reader.h"
#include "adapters/readers/paths.h"
#include "adapters/readers/readers.h"
#include "adapters/readers/row_builder.h"
#include "adapters/readers/transcode.h"

namespace tombolo::readers {

class TreeReader : public RowReader {
 public:
  const std::vector<std::string>& columns() const override { return paths_->columns; }
  StatusOr<bool> Next(Row* row) override;
  uint64_t BytesConsumed() const override { return input_.bytes_consumed(); }
  std::string encoding() const override { return std::string(input_.encoding->name); }

 protected:
  TreeReader(ReaderInput input, std::unique_ptr<CompiledPaths> paths,
             std::unique_ptr<TranscodingSource> source);

  // Reads a chunk and works on it; sets done_ at the end of the document.
  virtual Status Step() = 0;
  // The next chunk as UTF-8; empty at the end. `escape` is the character by which the format writes
  // any character as a number.
  StatusOr<std::string_view> ReadChunk(char escape);
  Status Fail(Code code, const std::string& what) const;
  // HEADER_MISSING if the element or array that should hold the rows never came.
  Status CheckParentSeen(bool seen, const std::string& row_path) const;

  ReaderInput input_;
  std::unique_ptr<CompiledPaths> paths_;
  std::unique_ptr<TranscodingSource> source_;
  RowBuilder builder_;
  bool done_ = false;

 private:
  std::string chunk_;
  bool escapes_ = false;  // one was seen
  Status error_;
};

StatusOr<std::unique_ptr<RowReader>> CreateTreeReader(ReaderInput input,
                                                      const ReaderOptions& options);

// The readers behind it.
std::unique_ptr<RowReader> MakeXmlReader(ReaderInput input, const ReaderOptions& options,
                                         std::unique_ptr<CompiledPaths> paths,
                                         std::unique_ptr<TranscodingSource> source);
std::unique_ptr<RowReader> MakeJsonReader(ReaderInput input, const ReaderOptions& options,
                                          std::unique_ptr<CompiledPaths> paths,
                                          std::unique_ptr<TranscodingSource> source);
std::unique_ptr<RowReader> MakeNdjsonReader(ReaderInput input, std::unique_ptr<CompiledPaths> paths,
                                            std::unique_ptr<TranscodingSource> source);

}  // namespace tombolo::readers

#endif  // TOMBOLO_ADAPTERS_READERS_TREE_READER_H_
