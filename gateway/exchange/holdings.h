// What this node holds of others' streams, as all its sessions need it: one state per stream,
// shared, so that a stream that comes on two ways is verified and stored once.
//
// A Holding moves ahead when a page is verified, before it is stored; if the commit fails, Reload
// takes it back and the sessions end. Ownership: one Holdings per node, owned by the desk.
// Thread-safety: one thread. Errors: of its functions as said there.
#ifndef TOMBOLO_GATEWAY_EXCHANGE_HOLDINGS_H_
#define TOMBOLO_GATEWAY_EXCHANGE_HOLDINGS_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "gateway/boundary/decision.h"
#include "gateway/ledger/checkpoint.h"
#include "gateway/ledger/entry_page.h"
#include "gateway/ledger/merkle.h"
#include "gateway/trust/federation.h"
#include "tombolo/v1/exchange.pb.h"

namespace tombolo::exchange {

// Registry and policies at one moment; replaced as a whole.
struct Authority {
  uint64_t generation = 0;  // rises with every change
  std::shared_ptr<const trust::Federation> federation;
  // by origin; an origin without an entry has no valid policy
  absl::flat_hash_map<std::string, std::shared_ptr<const boundary::CompiledPolicy>> policies;
  // the documents themselves, to hand on
  absl::flat_hash_map<std::string, std::vector<v1::SignedDocument>> documents;
  boundary::LayerMask hop = ledger::kAllLayers;  // what this node hands on of others' streams
};

struct Holding {
  Holding(v1::StreamDescriptor descriptor, ledger::Suite suite);
  std::string stream_id;
  v1::StreamDescriptor descriptor;
  ledger::Suite suite;
  ledger::CompactRange range;    // over all entries verified
  uint64_t epoch = 0, tick = 0;  // of the newest head accepted
  v1::Head head;                 // that one; evidence if the next contradicts it
  // first entry not yet held, by layer index; 0 = the layer is not permitted to this node
  std::array<uint64_t, 3> next_seq{};
  uint64_t incomplete = 0;  // stubs and hashes that nothing explains yet
};

// What a verified head says.
struct VerifiedHeadFacts {
  uint64_t epoch = 0, tick = 0;
  v1::StreamHead head;
  bool newer = false;  // reaches beyond what is held
};

class Holdings {
 public:
  Holding* Find(std::string_view stream_id);  // null: none
  // The one that is there already, if the stream is known.
  Holding* Add(std::unique_ptr<Holding> holding);
  void Remove(std::string_view stream_id);
  const std::map<std::string, std::unique_ptr<Holding>, std::less<>>& all() const { return all_; }

  // Checks a HEAD against all that is known of its origin (docs/protocol.md, "Heads"): signature by
  // one of the origin's keys in the registry, epoch, tick, size, root. OK: the head is new, the
  // same, or an older one that agrees; the newest becomes the stream's. STREAM_FORKED,
  // STREAM_SHRUNK, EPOCH_LOWER: nothing changes and `*alarm` holds both statements; `first` is
  // empty where only the registry's epoch_min contradicts. Else STREAM_UNKNOWN, SIGNATURE_INVALID,
  // PROOF_INVALID, NOT_CANONICAL, SCHEMA_UNSUPPORTED. The newest checkpoint of each origin is kept
  // verified, so one signature is checked per tick.
  Status CheckHead(const trust::MemberFacts& origin, const v1::Head& head, VerifiedHeadFacts* facts,
                   v1::Alarm* alarm);

 private:
  struct OriginState {
    v1::Head head;  // the first that came with the newest checkpoint
    ledger::CheckpointBody decoded;
  };
  StatusOr<ledger::CheckpointBody> VerifyOnce(const trust::MemberFacts& origin,
                                              const v1::Head& head) const;
  Status CheckTicks(const trust::MemberFacts& origin, const Holding& holding,
                    const ledger::CheckpointBody& body, const v1::Head& head,
                    v1::Alarm* alarm) const;
  std::map<std::string, std::unique_ptr<Holding>, std::less<>> all_;  // by stream id
  absl::flat_hash_map<std::string, OriginState> origins_;
};

}  // namespace tombolo::exchange

#endif  // TOMBOLO_GATEWAY_EXCHANGE_HOLDINGS_H_
