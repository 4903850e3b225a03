// Puts one tick together: entries with their salts, hashes and numbers, audit events, and the
// checkpoint over all streams that moved; then commits it as one transaction.
//
// Order of work: Open, then any number of (Put/Retract/Tombstone/Audit ... Commit).
// Ownership: borrows the context. Thread-safety: one thread per object; one writer per node (the
// store's compare-and-set turns a second one into STORE_CONFLICT). Errors: those of the store;
// after one, Reload before going on.
#ifndef TOMBOLO_GATEWAY_NODE_TICK_WRITER_H_
#define TOMBOLO_GATEWAY_NODE_TICK_WRITER_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/ledger/commitment.h"
#include "gateway/ledger/merkle.h"
#include "gateway/node/context.h"
#include "tombolo/v1/audit.pb.h"

namespace tombolo::node {

// Number of the audit log among a store's streams.
inline constexpr uint32_t kAuditStream = 1;

// Random bytes by which the events of one act are known.
inline constexpr size_t kCorrelationBytes = 16;

// Where an entry stands.
struct EntryAt {
  uint32_t stream = 0;  // 0 = nowhere
  uint64_t seq = 0;
};

// A descriptor, header or event that no origin may write makes Commit fail, and nothing is stored.
class TickWriter {
 public:
  static StatusOr<std::unique_ptr<TickWriter>> Open(const Context& context);

  // The stream for records of an item and class; made with the next commit if there is none yet.
  uint32_t StreamFor(std::string_view item, v1::SharingClass sharing_class);
  // The item of a stream of records that StreamFor gave or the store has; "" of any other.
  std::string_view ItemOf(uint32_t stream) const;
  // Entries of a stream, those of the tick included; 0 if there is no such stream.
  uint64_t SizeOf(uint32_t stream) const;
  uint32_t ScopeFor(std::string_view pack, std::string_view item, std::string_view value);
  uint32_t next_ingest() const { return next_ingest_; }
  void SetIngest(store::IngestRow row);  // upsert with the next commit

  // One version of a record. Salts are drawn here and live only in the entry.
  EntryAt Put(uint32_t stream, std::string_view header,
              const std::array<std::string_view, 3>& layers, uint32_t ingest, EntryAt previous);
  EntryAt Retract(uint32_t stream, const RecordId& id, uint64_t version, int64_t now_us,
                  uint32_t ingest, EntryAt previous);
  EntryAt Tombstone(uint32_t stream, const std::vector<uint64_t>& erased_seqs, int64_t now_us);
  // Time, actor and, where the caller has none, a correlation id are filled in.
  void Audit(v1::AuditEvent event);

  // The rest of the tick that Commit stores with the entries.
  store::Tick& tick() { return tick_; }
  // What the tick appends to record streams so far, for an INGEST_BATCH event.
  std::vector<v1::StreamRange> Ranges() const;
  size_t entries() const { return entries_; }
  size_t bytes() const { return bytes_; }
  bool empty() const;
  // A commit failed: counts here are ahead of the store's, this object is of no further use.
  bool failed() const { return failed_; }

  // Heads, batch, signature, one transaction. On success the tick is empty again.
  Status Commit();

 private:
  struct Stream {
    store::StreamState state;
    ledger::CompactRange range;
    store::StreamAppend append;
  };

  explicit TickWriter(const Context& context);
  // `bytes`, or none and the failure that Commit will tell.
  std::string Checked(StatusOr<std::string> bytes);
  Status Load();
  Status CommitTick();
  Stream& At(uint32_t number) { return *streams_[number]; }
  void SetStream(uint32_t number, std::unique_ptr<Stream> stream);
  EntryAt Add(uint32_t stream, const store::EntryView& entry, const Digest& leaf);
  void AddStream(const v1::StreamDescriptor& descriptor, uint32_t number);

  const Context& context_;
  ledger::EntryHasher hasher_;
  std::vector<std::unique_ptr<Stream>> streams_;  // by number; null where there is none
  std::map<std::pair<std::string, int>, uint32_t, std::less<>> stream_numbers_;  // (item, class)
  std::map<std::array<std::string, 3>, uint32_t> scopes_;  // (pack, item, value)
  store::Tick tick_;
  std::vector<uint32_t> moved_;
  std::string scratch_;
  size_t entries_ = 0;
  size_t bytes_ = 0;
  bool failed_ = false;
  Status failure_;  // the first thing that must not be written; then Commit writes nothing
  uint64_t last_tick_ = 0;
  uint64_t epoch_ = 1;
  uint32_t next_ingest_ = 1;
};

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_TICK_WRITER_H_
