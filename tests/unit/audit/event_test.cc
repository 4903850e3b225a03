#include "gateway/audit/event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <functional>

#include "gateway/base/limits.h"
#include "gateway/ledger/merkle.h"
#include "tests/support/assert_ok.h"

namespace tombolo::audit {
namespace {

using ::testing::HasSubstr;

// An event of that type with everything that any type may require.
v1::AuditEvent Sample(v1::AuditEventType type) {
  v1::AuditEvent event;
  event.set_type(type);
  event.set_at_us(1700000000000000);
  event.set_actor("operator");
  event.set_correlation_id(std::string(16, 'c'));
  event.set_outcome("OK");
  event.set_pack("xx-sample@1");
  event.set_source_digest(std::string(32, 'd'));
  v1::StreamRange* range = event.add_ranges();
  range->set_stream_id(std::string(32, 's'));
  range->set_first_seq(1);
  range->set_last_seq(9);
  event.mutable_balance()->set_rows_read(9);
  event.set_subject_ref(std::string(16, 'r'));
  event.set_key_id(std::string(32, 'k'));
  event.set_peer("spiffe://federation.example/cn/33");
  event.set_origin("spiffe://federation.example/cn/31");
  event.set_digest(std::string(32, 'g'));
  event.set_purpose("dpv:PublicBenefit");
  event.set_rule("rule gov v7");
  event.set_layers(3);
  event.set_document_version(7);
  return event;
}

TEST(AuditCatalogue, IsTheSchemasEnum) {
  const auto* schema = v1::AuditEventType_descriptor();
  ASSERT_EQ(AllEvents().size() + 1, static_cast<size_t>(schema->value_count()));
  for (size_t i = 0; i < AllEvents().size(); ++i) {
    const EventInfo& event = AllEvents()[i];
    EXPECT_EQ(static_cast<int>(event.type), schema->value(static_cast<int>(i) + 1)->number());
    EXPECT_EQ(event.name, schema->value(static_cast<int>(i) + 1)->name());
    EXPECT_FALSE(event.doc.empty());
  }
  EXPECT_EQ(FindEvent(v1::AUDIT_EVENT_TYPE_UNSPECIFIED), nullptr);
  EXPECT_EQ(FindEvent(static_cast<v1::AuditEventType>(999)), nullptr);
}

// With TOMBOLO_UPDATE set the page is written instead.
TEST(AuditCatalogue, ThePageIsUpToDate) {
  const std::string path = TOMBOLO_SOURCE_DIR "/docs/reference/audit_events.md";
  if (std::getenv("TOMBOLO_UPDATE") != nullptr) std::ofstream(path) << EventsPage();
  std::ifstream in(path);
  const std::string page{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(page, EventsPage()) << "run this test with TOMBOLO_UPDATE=1";
  for (const EventInfo& event : AllEvents()) EXPECT_THAT(page, HasSubstr(std::string(event.name)));
}

TEST(AuditEvent, EveryTypeComesBackAsItWas) {
  for (const EventInfo& info : AllEvents()) {
    ASSERT_OK_AND_ASSIGN(const std::string bytes, EncodeEvent(Sample(info.type)));
    ASSERT_OK_AND_ASSIGN(const v1::AuditEvent back, DecodeEvent(bytes));
    EXPECT_EQ(back.SerializeAsString(), Sample(info.type).SerializeAsString());
  }
}

TEST(AuditEvent, EveryRequiredPartIsRequired) {
  const std::pair<Part, std::function<void(v1::AuditEvent*)>> kDamages[] = {
      {kPack, [](auto* e) { e->clear_pack(); }},
      {kSourceDigest, [](auto* e) { e->clear_source_digest(); }},
      {kRanges, [](auto* e) { e->clear_ranges(); }},
      {kBalance, [](auto* e) { e->clear_balance(); }},
      {kSubjectRef, [](auto* e) { e->clear_subject_ref(); }},
      {kKeyId, [](auto* e) { e->clear_key_id(); }},
      {kCorrelationId, [](auto* e) { e->clear_correlation_id(); }},
      {kPeer, [](auto* e) { e->clear_peer(); }},
      {kOrigin, [](auto* e) { e->clear_origin(); }},
      {kDigest, [](auto* e) { e->clear_digest(); }},
      {kLayers, [](auto* e) { e->clear_layers(); }},
      {kGround, [](auto* e) { e->clear_rule(); }},
      {kGround, [](auto* e) { e->clear_purpose(); }}};
  for (const EventInfo& info : AllEvents()) {
    for (const auto& [part, damage] : kDamages) {
      v1::AuditEvent event = Sample(info.type);
      damage(&event);
      EXPECT_EQ(EncodeEvent(event).ok(), (info.required & part) == 0) << info.name << " " << part;
    }
  }
}

TEST(AuditEvent, ADocumentsVersionIsRequiredAloneAndAsPartOfTheGround) {
  for (const EventInfo& info : AllEvents()) {
    v1::AuditEvent event = Sample(info.type);
    event.clear_document_version();
    EXPECT_EQ(EncodeEvent(event).ok(), (info.required & (kDocumentVersion | kGround)) == 0)
        << info.name;
  }
}

TEST(AuditEvent, PublicAloneNeedsNoGround) {
  v1::AuditEvent event = Sample(v1::FEED_OPENED);
  event.clear_rule();
  event.clear_purpose();
  event.clear_document_version();
  EXPECT_CODE(Code::NOT_CANONICAL, EncodeEvent(event));
  event.set_layers(1);
  EXPECT_OK(EncodeEvent(event));
}

TEST(AuditEvent, OnlyAFeedThatOpensHasNoEnd) {
  for (const EventInfo& info : AllEvents()) {
    v1::AuditEvent event = Sample(info.type);
    event.mutable_ranges(0)->set_last_seq(0);
    EXPECT_EQ(EncodeEvent(event).ok(), info.type == v1::FEED_OPENED) << info.name;
    event.mutable_ranges(0)->set_first_seq(0);
    EXPECT_CODE(Code::NOT_CANONICAL, EncodeEvent(event)) << info.name;
  }
}

TEST(AuditEvent, RefusesWhatNoNodeWrites) {
  const std::function<void(v1::AuditEvent*)> kDamages[] = {
      [](auto* e) { e->set_type(v1::AUDIT_EVENT_TYPE_UNSPECIFIED); },
      [](auto* e) { e->set_type(static_cast<v1::AuditEventType>(99)); },
      [](auto* e) { e->set_at_us(-1); },
      [](auto* e) { e->clear_actor(); },
      [](auto* e) { e->clear_outcome(); },
      [](auto* e) { e->set_outcome("FINE"); },
      [](auto* e) { e->set_correlation_id("short"); },
      [](auto* e) { e->set_source_digest(std::string(31, 'd')); },
      [](auto* e) { e->set_subject_ref(std::string(17, 'r')); },
      [](auto* e) { e->set_key_id(std::string(33, 'k')); },
      [](auto* e) { e->mutable_ranges(0)->set_stream_id("short"); },
      [](auto* e) { e->mutable_ranges(0)->set_first_seq(0); },
      [](auto* e) { e->mutable_ranges(0)->set_last_seq(0); },
      [](auto* e) { e->set_digest(std::string(31, 'g')); },
      [](auto* e) { e->set_layers(8); },
      [](auto* e) { e->set_until_us(-1); },
      [](auto* e) { e->set_detail("\xff"); }};
  for (size_t i = 0; i < std::size(kDamages); ++i) {
    v1::AuditEvent event = Sample(v1::INGEST_BATCH);
    ASSERT_OK(EncodeEvent(event));
    kDamages[i](&event);
    EXPECT_CODE(Code::NOT_CANONICAL, EncodeEvent(event)) << "damage " << i;
    EXPECT_FALSE(DecodeEvent(event.SerializePartialAsString()).ok()) << "damage " << i;
  }
}

TEST(AuditEvent, RefusesOtherEncodings) {
  ASSERT_OK_AND_ASSIGN(const std::string good, EncodeEvent(Sample(v1::INGEST_FINISHED)));
  EXPECT_CODE(Code::NOT_CANONICAL, DecodeEvent(""));
  EXPECT_CODE(Code::NOT_CANONICAL, DecodeEvent(good + std::string("\x70\x01", 2)));  // unknown
  EXPECT_CODE(Code::NOT_CANONICAL, DecodeEvent(good.substr(0, good.size() - 1)));
  EXPECT_CODE(Code::NOT_CANONICAL, DecodeEvent(good + good));
  std::string long_varint = good;
  long_varint.replace(0, 2, std::string("\x08\x84\x00", 3));
  EXPECT_CODE(Code::NOT_CANONICAL, DecodeEvent(long_varint));
}

TEST(AuditEvent, TextLimit) {
  v1::AuditEvent event = Sample(v1::INGEST_STARTED);
  event.set_detail(std::string(limits::kAuditTextBytesMax, 'x'));
  EXPECT_OK(EncodeEvent(event));
  event.set_detail(std::string(limits::kAuditTextBytesMax + 1, 'x'));
  EXPECT_CODE(Code::LIMIT_EXCEEDED, EncodeEvent(event));
}

class Trail : public ::testing::TestWithParam<HashKind> {
 protected:
  Trail() {
    for (const EventInfo& info : AllEvents()) events_.push_back(*EncodeEvent(Sample(info.type)));
    head_ = HeadOf(events_);
  }
  v1::StreamHead HeadOf(const std::vector<std::string>& events) const {
    Hasher hasher(GetParam());
    ledger::CompactRange range(GetParam());
    for (const std::string& e : events) {
      range.Append(hasher.Hash({std::string_view("\0", 1), e}));
    }
    v1::StreamHead head;
    head.set_size(range.size());
    head.set_root(range.Root().str());
    return head;
  }
  Status Verify(const std::vector<std::string>& events) const {
    size_t i = 0;
    return VerifyTrail(
        GetParam(),
        [&]() -> StatusOr<std::optional<std::string>> {
          if (i == events.size()) return std::optional<std::string>();
          return std::optional<std::string>(events[i++]);
        },
        head_);
  }
  std::vector<std::string> events_;
  v1::StreamHead head_;
};

TEST_P(Trail, TheTrueOneVerifies) {
  EXPECT_OK(Verify(events_));
  head_ = HeadOf({});
  EXPECT_OK(Verify({}));
}

TEST_P(Trail, EveryTamperingIsFound) {
  for (size_t i = 0; i < events_.size(); ++i) {
    auto other = events_;
    other.erase(other.begin() + static_cast<long>(i));
    EXPECT_CODE(Code::PROOF_INVALID, Verify(other)) << "dropped " << i;
    other = events_;
    other.insert(other.begin() + static_cast<long>(i), events_[i]);
    EXPECT_CODE(Code::PROOF_INVALID, Verify(other)) << "doubled " << i;
    other = events_;
    std::swap(other[i], other[(i + 1) % other.size()]);
    EXPECT_CODE(Code::PROOF_INVALID, Verify(other)) << "swapped " << i;
    other = events_;
    v1::AuditEvent event = *DecodeEvent(other[i]);
    event.set_actor("somebody else");
    other[i] = *EncodeEvent(event);
    EXPECT_CODE(Code::PROOF_INVALID, Verify(other)) << "changed " << i;
    other[i] += "x";
    EXPECT_THAT(Describe(Verify(other)), HasSubstr("event " + std::to_string(i + 1)));
  }
}

TEST_P(Trail, AFailingSourceIsHandedOn) {
  const auto broken = []() -> StatusOr<std::optional<std::string>> {
    return MakeError(Code::STORE_CORRUPT, "gone");
  };
  EXPECT_CODE(Code::STORE_CORRUPT, VerifyTrail(GetParam(), broken, head_));
}

INSTANTIATE_TEST_SUITE_P(BothHashes, Trail,
                         ::testing::Values(HashKind::kSha256, HashKind::kSha384));

TEST(AuditDescriptor, IsOfKindAuditAndLocal) {
  const v1::StreamDescriptor descriptor = AuditDescriptor("spiffe://f.example/a", 2);
  EXPECT_EQ(descriptor.kind(), v1::AUDIT);
  EXPECT_EQ(descriptor.sharing_class(), v1::LOCAL);
  EXPECT_EQ(descriptor.item(), "");
  EXPECT_EQ(descriptor.generation(), 2u);
}

}  // namespace
}  // namespace tombolo::audit
