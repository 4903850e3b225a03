// Nodes that hand records to each other in one process, page by page, without sessions: what a
// publisher makes, a receiver checks as a subscriber does and stores.
//
// Ownership: a node owns store, signer and identity; borrows the clock. Thread-safety: one thread.
// Errors: statuses; expectations within Expect functions.
#ifndef TOMBOLO_TESTS_UNIT_NODE_EXCHANGE_NODE_H_
#define TOMBOLO_TESTS_UNIT_NODE_EXCHANGE_NODE_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/node/receive.h"
#include "gateway/node/share.h"
#include "gateway/node/tick_writer.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_entropy.h"

namespace tombolo::node {

using boundary::LayerMask;
inline constexpr LayerMask kPublicLayer = 1, kGovernmentLayer = 2, kLimitedLayer = 4;
inline constexpr int32_t kToday = 19783;  // of FakeClock: 2024-03-01

// A record's version as a test wants it.
struct Version {
  v1::SharingClass sharing_class = v1::PUBLIC;
  v1::RecordState state = v1::EFFECTIVE;
  std::optional<int32_t> publish_until, share_until;
  size_t bytes = 40;  // of each layer's text
};

class ExchangeNode {
 public:
  ExchangeNode(const std::string& name, std::unique_ptr<store::Store> store,
               testing::FakeClock* clock, char seed = 1);

  // Own records, by number; the next version each time. Committed with Commit.
  void Put(int record, const Version& version = {});
  void Retract(int record);
  RecordId IdOf(int record) const;
  void Commit();

  std::vector<exchange::CarriedStream> Carried(uint64_t commit_count = 0);
  // Takes in what `from` carries, with these layers; `pages`: at most so many, then stops without
  // a commit of its own. A LAYERS frame follows for layers that are behind.
  Status TakeFrom(ExchangeNode* from, LayerMask layers, int pages = 1 << 30);
  Status Offer(ExchangeNode* from, const exchange::CarriedStream& stream, LayerMask layers);
  // One frame of the stream; false if there is nothing to bring.
  StatusOr<bool> TakePage(ExchangeNode* from, const exchange::CarriedStream& stream,
                          LayerMask layers);
  StatusOr<bool> TakeLayer(ExchangeNode* from, const exchange::CarriedStream& stream, int layer);
  Status TakeFill(ExchangeNode* from, const exchange::CarriedStream& stream, int layer,
                  std::vector<uint64_t> seqs);
  // A page as a subscriber hands it on, its leaves proved by the stream's head.
  StatusOr<exchange::StorePage> Verify(const exchange::CarriedStream& stream,
                                       std::string_view payload);
  Status Store();

  // The record of another origin in this node's index.
  std::optional<store::RecordState> Find(const ExchangeNode& origin, int record);
  std::vector<v1::AuditEvent> Events(v1::AuditEventType type);
  std::vector<store::Gap> GapsOf(const ExchangeNode& origin);

  Context context;
  testing::FakeEntropy entropy;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<ledger::Signer> signer;
  std::unique_ptr<record::Identity> identity;
  std::unique_ptr<TickWriter> writer;
  ledger::CursorCodec cursors;
  PageMaker maker;
  exchange::Holdings holdings;
  Receiver receiver;

 private:
  struct Place {
    uint64_t version = 0;
    EntryAt at;
    v1::SharingClass sharing_class = v1::PUBLIC;
  };
  std::map<int, Place> places_;
};

// Every entry of `origin`'s own streams is at `holder` as it may be: header, layers shown exactly
// where the record's version is the newest and within terms, bytes and salts the origin's.
void ExpectHeld(ExchangeNode* origin, ExchangeNode* holder, LayerMask layers);

}  // namespace tombolo::node

#endif  // TOMBOLO_TESTS_UNIT_NODE_EXCHANGE_NODE_H_
