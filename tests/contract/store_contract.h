// The contract of a store, as tests that every implementation runs.
//
// An implementation instantiates StoreContract with a maker of stores. Helpers here build ticks
// that are small and right, so that a test shows only what it is about.
#ifndef TOMBOLO_TESTS_CONTRACT_STORE_CONTRACT_H_
#define TOMBOLO_TESTS_CONTRACT_STORE_CONTRACT_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/store/store.h"

namespace tombolo::store {

// One place where a store lives during a test.
class StorePlace {
 public:
  virtual ~StorePlace() = default;
  // Opens the store, made if it is not there. Called again it must find what was committed, if
  // `persistent`; the store opened before is closed by then.
  virtual std::unique_ptr<Store> Open() = 0;
  virtual bool persistent() const = 0;
};

struct StoreKind {
  std::string name;
  std::function<std::unique_ptr<StorePlace>()> make;
};

class StoreContract : public testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override;
  // Closes and opens again where that keeps anything.
  void Reopen();

  std::unique_ptr<StorePlace> place_;
  std::unique_ptr<Store> store_;
};

// --- building blocks of ticks
RecordId IdOf(uint64_t n);  // ascending with n
SubjectKey SubjectOf(uint64_t n);
ContentDigest DigestOf(uint64_t n);
StreamState NewStream(uint32_t number, size_t id_bytes = 32);
// A PUT with the text in its public layer; RETRACT and events with the text as header.
std::string PutEntry(std::string_view text, size_t hash_bytes = 32);
std::string RetractEntry(std::string_view text);
std::string EventEntry(std::string_view text);
StreamAppend AppendOf(uint32_t stream, uint64_t expected_size,
                      const std::vector<std::string>& entries);
RecordState RecordOf(uint64_t n, uint64_t version, uint32_t stream, uint64_t seq);
QuarantineRow QuarantinedRow(uint64_t key, std::string_view raw);

// A stream of another origin, with the id that its descriptor gives, and the row for it.
StreamState OthersStream(uint32_t number, v1::Suite suite = v1::SHA256_ED25519);
ReceivedStream RowOf(uint32_t stream, uint64_t size);
// A PUT whose layers hold the text and the layer's index; those not in `shown` as hashes.
std::string OthersPut(std::string_view text, LayerMask shown, v1::Suite suite = v1::SHA256_ED25519);
LayerFill FillOf(uint32_t stream, uint64_t seq, uint8_t layer, std::string_view text);
// An append that is not signed here, with its row.
void AddReceived(const StreamAppend& append, Tick* tick);

// The public layer, or else the header, of each entry in a range.
std::vector<std::string> TextsOf(const EntryPage& page);

// Everything a store tells, as text, so that two stores can be compared and a refused tick shown to
// have left no trace.
std::string DumpOf(Store* store);

#define EXPECT_CODE(code, expr) EXPECT_EQ(NameOf(Code::code), NameOf(CodeOf(expr)))
#define ASSERT_OK(expr)                                \
  do {                                                 \
    const ::tombolo::Status ok_ = (expr);              \
    ASSERT_TRUE(ok_.ok()) << ::tombolo::Describe(ok_); \
  } while (false)

}  // namespace tombolo::store

#endif  // TOMBOLO_TESTS_CONTRACT_STORE_CONTRACT_H_
