// What every store checks and does alike, so that implementations can differ only in where bytes
// lie: the shape of a tick, folding its record upserts, taking content out of an entry.
//
// Ownership: views point into the tick given. Thread-safety: pure.
// Errors: INTERNAL for a tick no correct caller makes, LIMIT_EXCEEDED past limits::kTick*,
// VERSION_CONFLICT for versions that go back, STORE_CONFLICT.
#ifndef TOMBOLO_GATEWAY_STORE_TICK_RULES_H_
#define TOMBOLO_GATEWAY_STORE_TICK_RULES_H_

#include <string>
#include <vector>

#include "gateway/store/store.h"

namespace tombolo::store {

// All that can be told from the tick alone: sizes, doubles, missing numbers, limits.
Status CheckTick(const Tick& tick);

// The entries of one append decode, one after the other, with exactly the lengths given.
Status CheckEntries(const StreamAppend& append, CodecSizes sizes);

// The tick's upserts by ascending id, the last of each id. Several versions of one record in one
// tick must ascend.
StatusOr<std::vector<const RecordState*>> FoldRecords(const std::vector<RecordState>& records);

// May `next` replace `stored`? VERSION_CONFLICT if not.
Status CheckSuccessor(const RecordState& stored, const RecordState& next);

// The entry with its content taken out, appended to `out`. Doing it twice changes nothing.
Status RedactEntry(const EntryView& entry, const Redaction& redaction, CodecSizes sizes,
                   std::string* out);

// The next tick is the last one + 1, else STORE_CONFLICT.
Status CheckNextTick(uint64_t last_tick, const CheckpointRow& next);

// The refusal of an append whose stream has another epoch or size, or is not there.
Status AppendConflict(const StreamAppend& append);

}  // namespace tombolo::store

#endif  // TOMBOLO_GATEWAY_STORE_TICK_RULES_H_
