// Puts one tick together: entries with their salts, hashes and numbers, audit events, and the
// checkpoint over all streams that moved; then commits it as one transaction.
//
// Order of work: Open, then any number of (Put/Retract/Tombstone/Audit ... Commit).
// A server and the commands beside it commit to one store. So Commit takes the store's lock, takes
// in what others committed since, and finishes the tick on top of that: audit events come after
// theirs (a leaf does not depend on its number, so nothing is hashed again), then all is signed.
// What rests on the records as this writer knew them is refused with STORE_CONFLICT if another
// process wrote records meanwhile. Only this node's own streams are handled here; what comes from
// others is put into tick() by the receiver and commits with the rest.
// Ownership: borrows the context. Thread-safety: one thread per object; any number of processes.
// Errors: those of the store; LIMIT_EXCEEDED; after one, open another writer.
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
#include "tombolo/v1/exchange.pb.h"

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
  // One more than numbers below limits::kReceivedNumbersFrom allow makes Commit fail.
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
  // The head of every own stream is signed anew with the next commit, under the key that the
  // context's signer now has, and KEY_ACTIVATED says so (docs/formats/registry.md, signing keys).
  void ResignHeads();

  // The rest of the tick that Commit stores with the entries, and what was received.
  store::Tick& tick() { return tick_; }
  // What the tick appends to record streams so far, for an INGEST_BATCH event.
  std::vector<v1::StreamRange> Ranges() const;
  size_t entries() const { return entries_; }
  size_t bytes() const { return bytes_; }
  bool empty() const;
  // A commit failed: counts here are ahead of the store's, this object is of no further use.
  bool failed() const { return failed_; }

  // Lock, newest state, heads, batch, signature, one transaction. On success the tick is empty
  // again. A tick that moves no own stream is stored without a checkpoint.
  Status Commit();

  // As of this object's last commit: the last checkpoint's tick, and the epoch of new streams.
  uint64_t last_tick() const { return last_tick_; }
  uint64_t epoch() const { return epoch_; }
  // The signed head of an own stream, of kAuditStream above all, as the store last had it;
  // NOT_FOUND if there is no such stream or nothing of it was signed yet.
  StatusOr<v1::Head> HeadOf(uint32_t stream) const;

 private:
  struct Stream {
    store::StreamState state;    // as the store has it
    ledger::CompactRange range;  // with the tick's entries
    store::StreamAppend append;
    bool moved = false;  // the tick signs its head
  };

  explicit TickWriter(const Context& context);
  // `bytes`, or none and the failure that Commit will tell.
  std::string Checked(StatusOr<std::string> bytes);
  Status Load();
  // What the store has now and this object does not know yet; under the lock, before signing.
  Status TakeInOthers();
  Status TakeInStreams(bool* records_moved);
  Status TakeInStream(store::StreamState state, bool* records_moved);
  Status TakeInScopes();
  Status TakeInIngests();
  bool RestsOnRecords() const;
  Status CommitTick();
  // Heads of what moved, in a signed checkpoint, into the tick.
  Status SignHeads();
  Stream& At(uint32_t number) { return *streams_[number]; }
  Stream* Find(uint32_t number) const;
  void SetStream(uint32_t number, std::unique_ptr<Stream> stream);
  Stream& Moved(uint32_t number);
  EntryAt Add(uint32_t stream, const store::EntryView& entry, const Digest& leaf);
  void AddStream(const v1::StreamDescriptor& descriptor, uint32_t number);

  const Context& context_;
  ledger::EntryHasher hasher_;
  std::vector<std::unique_ptr<Stream>> streams_;  // own ones, by number; null where there is none
  std::map<std::pair<std::string, int>, uint32_t, std::less<>> stream_numbers_;  // (item, class)
  std::map<std::array<std::string, 3>, uint32_t> scopes_;  // (pack, item, value)
  store::Tick tick_;
  std::vector<uint32_t> moved_;
  std::vector<Digest> audit_leaves_;  // of the tick
  std::string scratch_;
  size_t entries_ = 0;
  size_t bytes_ = 0;
  bool failed_ = false;
  Status failure_;  // the first thing that must not be written; then Commit writes nothing
  uint64_t seen_commits_ = 0;  // the store's count when its state was taken in
  uint64_t last_tick_ = 0;
  uint64_t epoch_ = 1;
  uint32_t next_ingest_ = 1;
  uint32_t stored_ingest_ = 0;  // the highest number in the store, as far as seen
};

}  // namespace tombolo::node

#endif  // TOMBOLO_GATEWAY_NODE_TICK_WRITER_H_
