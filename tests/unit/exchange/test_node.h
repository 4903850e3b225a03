// A node without desk, store and sockets: logs in memory, own streams that grow, pages made of
// them, and what was received, with a commit that can be lost.
//
// Ownership: borrows the World. Thread-safety: one thread. Errors: a broken fixture ends the
// program.
#ifndef TOMBOLO_TESTS_UNIT_EXCHANGE_TEST_NODE_H_
#define TOMBOLO_TESTS_UNIT_EXCHANGE_TEST_NODE_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/base/limits.h"
#include "gateway/exchange/effect.h"
#include "gateway/exchange/holdings.h"
#include "gateway/exchange/publisher.h"
#include "gateway/exchange/subscriber.h"
#include "tests/support/fake_entropy.h"
#include "tests/unit/exchange/test_world.h"

namespace tombolo::exchange {

// An entry with bytes of its own.
struct TestEntry {
  v1::EntryType type = v1::PUT;
  boundary::LayerMask shown = 0;
  std::string header;
  std::array<std::string, 3> salts, contents, hashes;
  bool operator==(const TestEntry&) const = default;
};
ledger::EntryParts PartsOf(const TestEntry& entry);

struct TestLog {
  uint32_t number = 0;
  v1::StreamDescriptor descriptor;
  std::string stream_id;
  std::vector<std::string> path;
  std::vector<TestEntry> entries;
  std::vector<Digest> leaves;
  std::map<std::string, size_t> newest;  // index of each record's newest entry
  ledger::CompactRange range{HashKind::kSha256};
  std::array<uint64_t, 3> next_seq{};  // of what was received
  uint64_t proved_size = 0;            // by `head`
  v1::Head head;
};

class TestNode {
 public:
  TestNode(std::string id, World* world);

  // An own stream of kItem.
  uint32_t AddStream(v1::SharingClass sharing_class, uint32_t generation = 1);
  // So many records, by numbers from the stream's last on; then a tick that signs its head.
  void Put(uint32_t stream, uint64_t count);
  void PutVersion(uint32_t stream, uint64_t record, uint64_t version);
  void Retract(uint32_t stream, uint64_t record, uint64_t version);
  std::vector<MovedStream> Tick(const std::vector<uint32_t>& streams);
  // Own history is lost from here on; the next tick goes on from `size`.
  void Forget(uint32_t stream, uint64_t size);

  std::shared_ptr<const boundary::ShapedPage> MakePage(const WantPage& want);
  size_t page_entries = 64;  // of one page at most
  bool pack = false;
  size_t pad = 0;                                   // bytes more in each PUBLIC layer
  uint64_t credit_bytes = limits::kCreditBytesMin;  // that its sessions give

  // What was received: staged, then kept or lost.
  void Stage(const std::string& peer, const StorePage& page);
  void Stage(const std::string& peer, const StoreLayers& layers);
  void Accept(const v1::Offer& offer, const std::string& peer);
  // Streams that can be handed on, or further than before.
  std::vector<MovedStream> Commit();
  void Crash();
  StoredCursors CursorsOf(const std::string& peer) const;
  v1::Receipt SignReceipt(const std::string& publisher);

  TestLog& log(uint32_t stream) { return logs_.at(stream); }
  TestLog* Find(std::string_view stream_id);
  const std::map<uint32_t, TestLog>& logs() const { return logs_; }
  // Puts the log's head into carried.
  MovedStream Carry(const TestLog& log);

  const std::string id;
  World* const world;
  Holdings holdings;
  Carried carried;
  ledger::CursorCodec cursors{"a key of thirty-two bytes, tests"};
  uint64_t epoch = 1, tick = 0;
  uint64_t pages_made = 0, entries_stored = 0, doubled = 0;

 private:
  void Append(TestLog* log, TestEntry entry);
  bool IsCurrent(const TestLog& log, size_t index) const;
  void Keep(const std::string& peer, const StorePage& page);
  void Keep(const std::string& peer, const StoreLayers& layers);
  std::string CursorFor(const TestLog& log, boundary::LayerMask layers, uint64_t next_seq);
  std::shared_ptr<const boundary::ShapedPage> MakeLayers(const WantPage& want, const TestLog& log);

  struct Staged {
    std::string peer;
    std::shared_ptr<const StorePage> page;
    std::shared_ptr<const StoreLayers> layers;
  };
  std::unique_ptr<ledger::Signer> signer_;
  testing::FakeEntropy entropy_;
  std::map<uint32_t, TestLog> logs_;
  std::map<std::string, uint32_t, std::less<>> numbers_;  // by stream id
  std::vector<Staged> staged_;
  // by peer, stream id, layer
  std::map<std::string, std::map<std::string, std::array<std::string, 3>>> tokens_;
  std::map<std::string, uint64_t> receipts_;
};

}  // namespace tombolo::exchange

#endif  // TOMBOLO_TESTS_UNIT_EXCHANGE_TEST_NODE_H_
