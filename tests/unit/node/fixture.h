// A node on a store in memory, with a key of its own and a clock and randomness that tests set.
//
// Ownership: owns all. Thread-safety: one thread. Errors: failed expectations.
#ifndef TOMBOLO_TESTS_UNIT_NODE_FIXTURE_H_
#define TOMBOLO_TESTS_UNIT_NODE_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "gateway/ledger/signer.h"
#include "gateway/node/tick_writer.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_entropy.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/node/received_sample.h"

namespace tombolo::node {

class NodeTest : public ::testing::Test {
 protected:
  void SetUp() override;
  // The node's context on this store, which must outlive it.
  Context ContextOn(store::Store* store);
  void Open(std::unique_ptr<TickWriter>* writer);
  static RecordId IdOf(uint8_t n);
  EntryAt PutOne(TickWriter* writer, const std::string& item, uint8_t n);
  static v1::AuditEvent Exported();
  std::vector<store::StreamState> Streams();
  std::vector<v1::AuditEvent> Trail();
  uint64_t LastTick();
  // Every own stream's head hangs in the signed checkpoint of its tick, and its root, its spans and
  // the trail of the audit log are those of its entries.
  void ExpectHeadsVerify() { ExpectHeadsVerify(store_.get()); }
  void ExpectHeadsVerify(store::Store* store);
  static constexpr const char* kOther = kOtherOrigin;

  testing::TempDir dir_;
  testing::FakeClock clock_;
  testing::FakeEntropy entropy_;
  std::unique_ptr<ledger::Signer> signer_;
  std::unique_ptr<store::Store> store_;
  Context context_;
  std::unique_ptr<TickWriter> writer_;
};

}  // namespace tombolo::node

#endif  // TOMBOLO_TESTS_UNIT_NODE_FIXTURE_H_
