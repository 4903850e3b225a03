// Rows of nested formats while they are put together, and the queue of those that are complete.
//
// A parser is fed in chunks, and one chunk may complete many rows; they wait here. A row holds only
// the cells it has.
//
// Ownership: owns the rows; views given out live until the next Pop. Thread-safety: one thread per
// object. Errors: none; trouble becomes a fault of the row.
#ifndef TOMBOLO_ADAPTERS_READERS_ROW_BUILDER_H_
#define TOMBOLO_ADAPTERS_READERS_ROW_BUILDER_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/readers/paths.h"
#include "adapters/readers/reader_limits.h"
#include "gateway/base/rows.h"

namespace tombolo::readers {

class RowBuilder {
 public:
  // `marked` says whether the source had undecodable bytes so far; it outlives this.
  RowBuilder(const CompiledPaths* paths, const ReaderLimits& limits, const bool* marked,
             std::string encoding);

  // Values outside rows.
  void ClearContexts(int scope_depth_min);
  void SetContext(size_t column, std::string_view text);

  void Begin(uint64_t line);
  bool in_row() const { return in_row_; }
  uint64_t rows() const { return rows_; }

  // The row's source text as far as it is kept; a reader that has one appends to it, and cells may
  // be parts of it.
  std::string* raw() { return &row_->raw; }
  // True once the row is larger than allowed: whatever is added is dropped.
  bool Overflowed() {
    return overflow_ || ((row_->raw.size() > limits_.row_bytes_max ||
                          row_->text.size() > limits_.row_bytes_max) &&
                         Overflow());
  }
  // As of the last call of Overflowed.
  bool overflowed() const { return overflow_; }
  // The cell of `column` is `size` bytes of raw() from `begin`.
  void CellFromRaw(size_t column, size_t begin, size_t size);
  // A copy of `text`. `again` says what a second value means: joined with a line feed, or a fault.
  enum class Again { kJoin, kFault };
  void Cell(size_t column, std::string_view text, Again again);
  void CellTooLarge(size_t column);
  void AddFault(Code code, std::string column, std::string_view value, std::string_view reason);
  // Text of the row that is no cell: only looked at for undecodable bytes.
  void Note(std::string_view text);
  // From now on rows may hold noncharacters that were written as escapes or references: no markers,
  // but refused as those are. Called before such a row begins, at the latest.
  void ExpectNoncharacters() { noncharacters_ = true; }
  void End();
  // A fault of the row that was completed last and is still in the queue; it loses its cells.
  void FaultLast(Code code, std::string_view raw, std::string_view reason);
  // Drops the cells of the row; it keeps its faults.
  void DropCells();
  // The source text of the row, instead of raw().
  void ReplaceRaw(std::string_view text);

  bool empty() const { return queue_.empty(); }
  // The oldest complete row.
  void Pop(Row* row);

 private:
  struct CellRef {
    size_t column = 0;
    size_t begin = 0;
    size_t size = 0;
    bool in_raw = false;
  };
  struct Context {
    size_t column = 0;
    int scope_depth = 0;
    std::shared_ptr<const std::string> text;
  };
  struct Built {
    uint64_t number = 0;
    uint64_t line = 0;
    std::string raw;
    std::string text;
    std::vector<CellRef> cells;
    std::vector<Fault> faults;
    std::vector<Context> contexts;  // only those with a value
  };
  using BuiltPtr = std::unique_ptr<Built>;

  bool Overflow();
  CellRef* Find(size_t column);
  void Add(const CellRef& cell);
  std::string_view TextOf(const Built& built, const CellRef& cell) const;
  // Rows need no look before the first undecodable byte or escape of the file was met.
  bool MayHaveMarkers() const { return *marked_ || noncharacters_; }
  void CheckMarkers();
  bool MarkFault(const std::string& column, std::string_view text);
  void MakeRaw(Built* built);

  const CompiledPaths* const paths_;
  const ReaderLimits limits_;
  const bool* const marked_;
  const std::string encoding_;
  std::vector<Context> contexts_;
  std::vector<uint64_t> seen_;  // by column: the last row that has it
  std::vector<size_t> place_;   // by column: its place in row_->cells
  BuiltPtr row_;
  bool in_row_ = false;
  bool overflow_ = false;
  bool noncharacters_ = false;
  uint64_t rows_ = 0;
  uint64_t noted_ = 0;  // the last row with a fault from Note
  std::deque<BuiltPtr> queue_;
  std::vector<BuiltPtr> spare_;
  BuiltPtr current_;
};

}  // namespace tombolo::readers

#endif  // TOMBOLO_ADAPTERS_READERS_ROW_BUILDER_H_
