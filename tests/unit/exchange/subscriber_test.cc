// The subscribing half against a publisher that lies: every refusal has its code, ends the session
// and leaves nothing to store.
#include "gateway/exchange/subscriber.h"

#include <gtest/gtest.h>

#include <functional>
#include <tuple>

#include "tests/unit/exchange/subscriber_fixture.h"

namespace tombolo::exchange {
namespace {

// --- offers

TEST_F(SubscriberTest, AnOfferThatHoldsIsStored) {
  GiveOffer(Offer());
  EXPECT_EQ(end_.Count<StoreOffer>(), 1u);
  EXPECT_TRUE(end_.session->subscriber().IsOffered(log().stream_id));
  GiveOffer(Offer(0));
  EXPECT_EQ(end_.Count<StoreOffer>(), 2u);
  EXPECT_FALSE(end_.session->subscriber().IsOffered(log().stream_id));
}

TEST_F(SubscriberTest, OffersThatAreRefused) {
  const std::vector<std::tuple<const char*, Code, std::function<void(v1::Offer*)>>> cases = {
      {"widened", Code::CLASS_WIDENED, [](v1::Offer* o) { o->set_layers(7); }},
      {"layers that there are not", Code::FRAME_INVALID, [](v1::Offer* o) { o->set_layers(8); }},
      {"no descriptor", Code::NOT_CANONICAL, [](v1::Offer* o) { o->clear_stream_descriptor(); }},
      {"not canonical", Code::NOT_CANONICAL,
       [](v1::Offer* o) { o->mutable_stream_descriptor()->append("\x28\x01"); }},
      {"no path", Code::LOOP_DETECTED, [](v1::Offer* o) { o->clear_path(); }},
      {"past this node", Code::LOOP_DETECTED,
       [](v1::Offer* o) {
         o->add_path(kProvince);
         o->add_path(kCity);
       }},
      {"from another origin", Code::LOOP_DETECTED,
       [](v1::Offer* o) {
         o->set_path(0, kTown);
         o->add_path(kCity);
       }},
      {"to another sender", Code::LOOP_DETECTED, [](v1::Offer* o) { o->add_path(kTown); }},
      {"nine nodes", Code::LOOP_DETECTED,
       [](v1::Offer* o) {
         for (int i = 0; i < 8; ++i) o->add_path(kCity);
       }},
  };
  for (const auto& [what, code, damage] : cases) {
    Anew();
    v1::Offer offer = Offer();
    damage(&offer);
    GiveOffer(offer);
    ExpectRefused(code, what);
    EXPECT_EQ(end_.Count<StoreOffer>(), 0u) << what;
    EXPECT_EQ(province_.holdings.Find(log().stream_id), nullptr) << what;
  }
  Anew();
  v1::Offer eight = Offer();  // nodes are the limit
  for (int i = 0; i < 7; ++i) eight.add_path(kCity);
  GiveOffer(eight);
  EXPECT_EQ(end_.ended(), Code::kOk);
}

TEST_F(SubscriberTest, AnAuditLogIsNotOffered) {
  v1::StreamDescriptor descriptor;
  descriptor.set_kind(v1::AUDIT);
  descriptor.set_origin(kCity);
  descriptor.set_sharing_class(v1::LOCAL);
  descriptor.set_generation(1);
  v1::Offer offer = Offer();
  offer.set_stream_descriptor(ledger::CanonicalBytes(descriptor));
  GiveOffer(offer);
  ExpectRefused(Code::STREAM_UNKNOWN);
}

TEST_F(SubscriberTest, AnOriginThatThePeerMayNotCarry) {
  v1::StreamDescriptor descriptor = log().descriptor;
  descriptor.set_origin(kProvince);  // above the city, which carries what is below it
  v1::Offer offer = Offer();
  offer.set_stream_descriptor(ledger::CanonicalBytes(descriptor));
  offer.set_path(0, kProvince);
  offer.add_path(kCity);
  GiveOffer(offer);
  ExpectRefused(Code::RELAY_REFUSED);
}

TEST_F(SubscriberTest, AnOriginOfNoRegistry) {
  v1::StreamDescriptor descriptor = log().descriptor;
  descriptor.set_origin("spiffe://federation.example/zz");
  v1::Offer offer = Offer();
  offer.set_stream_descriptor(ledger::CanonicalBytes(descriptor));
  GiveOffer(offer);
  ExpectRefused(Code::RELAY_REFUSED);
}

// --- heads

TEST_F(SubscriberTest, AHeadOfAStreamThatWasNotOffered) {
  GiveHead();
  ExpectRefused(Code::STREAM_UNKNOWN);
}

TEST_F(SubscriberTest, AHeadTwice) {
  Begin();
  GiveHead();
  ExpectRefused(Code::RATE_LIMITED);
}

TEST_F(SubscriberTest, AHeadThatWasChanged) {
  GiveOffer(Offer());
  v1::Head head = log().head;
  head.mutable_proof()->mutable_head()->set_size(kEntries + 1);
  end_.TakeFrame(v1::HEAD, ledger::CanonicalBytes(head));
  ExpectRefused(Code::PROOF_INVALID);
}

TEST_F(SubscriberTest, AForkShowsBothStatements) {
  Begin();
  city_.Forget(stream_, 10);
  city_.Put(stream_, kEntries - 10);
  (void)city_.Tick({stream_});
  GiveHead();
  ExpectRefused(Code::STREAM_FORKED);
  EXPECT_EQ(end_.Sent(v1::ALARM).size(), 1u);
  ASSERT_EQ(end_.Count<RaiseAlarm>(), 1u);
  EXPECT_EQ(end_.Last<RaiseAlarm>().alarm.code(), "STREAM_FORKED");
  EXPECT_FALSE(end_.Last<End>().retry);
}

TEST_F(SubscriberTest, AStreamThatShrankShowsBothStatements) {
  Begin();
  city_.Forget(stream_, 10);
  (void)city_.Tick({stream_});
  GiveHead();
  ExpectRefused(Code::STREAM_SHRUNK);
  EXPECT_EQ(end_.Count<RaiseAlarm>(), 1u);
}

TEST_F(SubscriberTest, ALowerEpochShowsBothStatements) {
  city_.epoch = 2;
  (void)city_.Tick({stream_});
  Begin();
  city_.epoch = 1;
  (void)city_.Tick({stream_});
  GiveHead();
  ExpectRefused(Code::EPOCH_LOWER);
  EXPECT_EQ(end_.Count<RaiseAlarm>(), 1u);
}

// --- entries

TEST_F(SubscriberTest, PagesThatHold) {
  Begin();
  EXPECT_EQ(end_.Count<StorePage>(), 1u);
  EXPECT_FALSE(end_.Last<StorePage>().reaches_head);
  Give(Page(kFirst + 1, kEntries));
  ASSERT_EQ(end_.ended(), Code::kOk);
  EXPECT_TRUE(end_.Last<StorePage>().reaches_head);
  EXPECT_EQ(end_.Last<StorePage>().page.first_seq, kFirst + 1);
  EXPECT_EQ(province_.holdings.Find(log().stream_id)->range.Root(), log().range.Root());
}

TEST_F(SubscriberTest, ARepeatIsPassedOver) {
  Begin();
  Give(Page());
  Give(Page(3, 3));
  EXPECT_EQ(end_.ended(), Code::kOk);
  EXPECT_EQ(end_.Count<StorePage>(), before_);
  Give(Page(3, 6));  // three of them are new
  ASSERT_EQ(end_.Count<StorePage>(), before_ + 1);
  EXPECT_EQ(end_.Last<StorePage>().page.first_seq, kFirst + 1);
  EXPECT_EQ(end_.Last<StorePage>().page.entries.size(), 3u);
}

TEST_F(SubscriberTest, AGap) {
  Begin();
  Give(Page(kFirst + 2));
  ExpectRefused(Code::STREAM_GAP);
}

TEST_F(SubscriberTest, EntriesWithoutOfferOrHead) {
  Give(Page());
  ExpectRefused(Code::STREAM_UNKNOWN);
  Anew();
  GiveOffer(Offer());
  Give(Page());
  ExpectRefused(Code::STREAM_UNKNOWN);
  Anew();
  Begin();
  GiveOffer(Offer(0));
  Give(Page(kFirst + 1));
  ExpectRefused(Code::STREAM_UNKNOWN);
}

TEST_F(SubscriberTest, ALayerBeyondTheOffer) {
  GiveOffer(Offer(1));
  GiveHead();
  Give(Page());
  ExpectRefused(Code::CLASS_WIDENED);
}

TEST_F(SubscriberTest, EntriesThatAreRefused) {
  using Damage = std::function<void(v1::Entries*)>;
  const auto form = [](char byte) {
    return [byte](v1::Entries* e) { (*e->mutable_forms())[0] = byte; };
  };
  const std::vector<std::tuple<const char*, Code, Damage>> cases = {
      {"content added", Code::FRAME_INVALID, [](v1::Entries* e) { e->add_contents("x"); }},
      {"content missing", Code::FRAME_INVALID,
       [](v1::Entries* e) { e->mutable_contents()->RemoveLast(); }},
      {"first number zero", Code::FRAME_INVALID, [](v1::Entries* e) { e->set_first_seq(0); }},
      {"form with bit 2", Code::FRAME_INVALID, form(0x35)},
      {"form with bit 3", Code::FRAME_INVALID, form(0x39)},
      {"form without a type", Code::FRAME_INVALID, form(0x30)},
      {"form of an erased entry and more", Code::FRAME_INVALID, form('\x81')},
      {"layers of a RETRACT", Code::FRAME_INVALID, form(0x32)},
      {"hash byte added", Code::FRAME_INVALID,
       [](v1::Entries* e) { e->mutable_hashes()->append("x"); }},
      {"hash short", Code::FRAME_INVALID, [](v1::Entries* e) { e->mutable_hashes()->pop_back(); }},
      {"salt byte added", Code::FRAME_INVALID,
       [](v1::Entries* e) { e->mutable_salts()->append("x"); }},
      {"salt short", Code::FRAME_INVALID, [](v1::Entries* e) { e->mutable_salts()->pop_back(); }},
      {"header added", Code::FRAME_INVALID, [](v1::Entries* e) { e->add_headers("x"); }},
      {"header missing", Code::FRAME_INVALID,
       [](v1::Entries* e) { e->mutable_headers()->RemoveLast(); }},
      {"header not canonical", Code::NOT_CANONICAL,
       [](v1::Entries* e) { e->mutable_headers(0)->append("\x18\x01"); }},
      {"no entries", Code::FRAME_INVALID,
       [](v1::Entries* e) {
         const std::string id = e->stream_id();
         e->Clear();
         e->set_stream_id(id);
         e->set_first_seq(kFirst + 1);
       }},
      {"stream id short", Code::STREAM_UNKNOWN,
       [](v1::Entries* e) { e->mutable_stream_id()->pop_back(); }},
      {"no stream id", Code::STREAM_UNKNOWN, [](v1::Entries* e) { e->clear_stream_id(); }},
      {"an unknown field", Code::FRAME_INVALID,
       [](v1::Entries* e) { e->GetReflection()->MutableUnknownFields(e)->AddVarint(100, 1); }},
      {"path without its last hash", Code::PROOF_INVALID,
       [](v1::Entries* e) { e->mutable_path()->RemoveLast(); }},
      {"path with a hash more", Code::PROOF_INVALID,
       [](v1::Entries* e) { e->add_path(std::string(32, 'x')); }},
      {"path with a bit changed", Code::PROOF_INVALID,
       [](v1::Entries* e) { (*e->mutable_path(0))[0] ^= 1; }},
      {"no path", Code::PROOF_INVALID, [](v1::Entries* e) { e->clear_path(); }},
      {"salt with a bit changed", Code::PROOF_INVALID,
       [](v1::Entries* e) { (*e->mutable_salts())[0] ^= 1; }},
      {"content of another", Code::PROOF_INVALID,
       [](v1::Entries* e) { e->mutable_contents()->SwapElements(0, 2); }},
      {"hash with a bit changed", Code::PROOF_INVALID,
       [](v1::Entries* e) { (*e->mutable_hashes())[0] ^= 1; }},
  };
  for (const auto& [what, code, damage] : cases) {
    Anew();
    Begin();
    v1::Entries page = Page(kFirst + 1, 4);
    damage(&page);
    Give(page);
    ExpectRefused(code, what);
    EXPECT_EQ(province_.holdings.Find(log().stream_id)->range.size(), kFirst) << what;
  }
}

TEST_F(SubscriberTest, EntriesBeyondTheHead) {
  Begin();
  Give(Page(kFirst + 1, kEntries));
  before_ = end_.Count<StorePage>();
  city_.Put(stream_, 5);
  WantPage want;
  want.stream = stream_;
  want.layers = 3;
  want.from_seq = kEntries + 1;
  want.to_size = kEntries + 5;
  end_.TakeFrame(v1::ENTRIES, city_.MakePage(want)->payload());
  ExpectRefused(Code::PROOF_INVALID);
}

TEST_F(SubscriberTest, ATombstoneThatNamesItself) {
  Begin();
  v1::Entries page = Page(kFirst + 1, 1);
  v1::TombstoneHeader header;
  header.add_erased_seqs(kFirst + 1);
  header.set_recorded_at_us(1);
  page.set_forms("\x03");
  page.set_headers(0, ledger::CanonicalBytes(header));
  page.clear_salts();
  page.clear_contents();
  page.clear_hashes();
  Give(page);
  ExpectRefused(Code::NOT_CANONICAL);
}

}  // namespace
}  // namespace tombolo::exchange
