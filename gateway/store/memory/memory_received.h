// The rows of a store in memory that the exchange needs, beside entries and records.
//
// Ownership: owns its rows. Thread-safety: one thread. Errors: those of received_rules.h.
#ifndef TOMBOLO_GATEWAY_STORE_MEMORY_MEMORY_RECEIVED_H_
#define TOMBOLO_GATEWAY_STORE_MEMORY_MEMORY_RECEIVED_H_

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gateway/store/store.h"

namespace tombolo::store {

class MemoryReceived {
 public:
  // Everything that can refuse a tick's received part, before anything of it is applied.
  Status Check(const Tick& tick) const;
  void Apply(const ReceivedPart& part);
  bool IsReceived(uint32_t stream) const { return streams_.contains(stream); }

  std::vector<ReceivedStream> Streams() const;
  std::vector<ReceivedStream> Find(absl::Span<const uint32_t> numbers) const;
  std::vector<Delivery> Deliveries() const;
  std::vector<CursorIn> Cursors(const std::string& peer) const;
  std::vector<Confirmed> ConfirmedBy(const std::string& peer) const;
  std::optional<ReceiptRow> LastReceipt(const std::string& peer, bool ours) const;
  std::vector<DocumentRow> Documents() const;
  std::vector<Gap> Gaps(uint32_t stream, uint64_t after_seq, size_t rows_max) const;
  std::vector<WitnessRow> Witnesses() const;
  std::vector<EvidenceRow> Evidence() const { return evidence_; }
  std::vector<PeerRow> Peers() const;

 private:
  void ApplyDrop(const LayerDrop& drop);
  void ApplyGap(const Gap& gap);

  std::map<uint32_t, ReceivedStream> streams_;
  std::map<uint32_t, Delivery> deliveries_;
  std::map<std::tuple<std::string, uint32_t, uint8_t>, CursorIn> cursors_;
  std::map<std::pair<std::string, uint32_t>, Confirmed> confirmed_;
  std::map<std::pair<std::string, bool>, ReceiptRow> receipts_;  // the last of each
  std::map<std::pair<int, std::string>, DocumentRow> documents_;
  std::map<std::pair<uint32_t, uint64_t>, Gap> gaps_;
  std::map<std::tuple<std::string, std::string, uint64_t>, WitnessRow> witnesses_;
  std::vector<EvidenceRow> evidence_;
  std::map<std::string, PeerRow> peers_;
};

}  // namespace tombolo::store

#endif  // TOMBOLO_GATEWAY_STORE_MEMORY_MEMORY_RECEIVED_H_
