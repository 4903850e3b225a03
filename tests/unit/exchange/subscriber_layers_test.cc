// LAYERS that lie, and what a change of policy or registry does to what is on its way.
#include "gateway/exchange/subscriber.h"

#include <gtest/gtest.h>

#include <functional>
#include <tuple>

#include "tests/unit/exchange/subscriber_fixture.h"

namespace tombolo::exchange {
namespace {

class LayersTest : public SubscriberTest {
 protected:
  // The province holds all entries with PUBLIC, and is offered GOVERNMENT as well now.
  void BeginLayers() {
    GiveOffer(Offer(1));
    GiveHead();
    Give(Page(1, kEntries, 1));
    (void)province_.Commit();
    GiveOffer(Offer(3));
    ASSERT_EQ(end_.ended(), Code::kOk);
    before_ = end_.Count<StorePage>();
  }
  v1::Layers Layers() {
    WantPage want;
    want.stream = stream_;
    want.layers = 2;
    want.fill_layer = 1;
    want.from_seq = 1;
    want.to_size = 4;
    v1::Layers layers;
    EXPECT_OK(ledger::ParseCanonical("layers", city_.MakePage(want)->payload(), &layers));
    return layers;
  }
  void Give(const v1::Layers& layers) {
    end_.TakeFrame(v1::LAYERS, ledger::CanonicalBytes(layers));
  }
  using SubscriberTest::Give;
};

TEST_F(LayersTest, LayersOfHeldEntries) {
  BeginLayers();
  Give(Layers());
  ASSERT_EQ(end_.ended(), Code::kOk);
  EXPECT_EQ(end_.Count<StoreLayers>(), 1u);
  EXPECT_FALSE(end_.Last<StoreLayers>().held);
  (void)province_.Commit();
  Give(Layers());
  EXPECT_TRUE(end_.Last<StoreLayers>().held) << "only its cursor is new";
}

TEST_F(LayersTest, LayersThatAreRefused) {
  const std::vector<std::tuple<const char*, Code, std::function<void(v1::Layers*)>>> cases = {
      {"content missing", Code::FRAME_INVALID,
       [](v1::Layers* l) { l->mutable_contents()->RemoveLast(); }},
      {"first number zero", Code::FRAME_INVALID, [](v1::Layers* l) { l->set_first_seq(0); }},
      {"last before first", Code::FRAME_INVALID, [](v1::Layers* l) { l->set_first_seq(5); }},
      {"layer LOCAL", Code::FRAME_INVALID, [](v1::Layers* l) { l->set_layer(v1::LOCAL); }},
      {"salt short", Code::FRAME_INVALID, [](v1::Layers* l) { l->mutable_salts()->pop_back(); }},
      {"number outside", Code::FRAME_INVALID, [](v1::Layers* l) { l->set_seqs(2, 5); }},
      {"number twice", Code::FRAME_INVALID, [](v1::Layers* l) { l->set_seqs(1, 1); }},
      {"numbers out of order", Code::FRAME_INVALID,
       [](v1::Layers* l) { l->mutable_seqs()->SwapElements(0, 1); }},
      {"a layer that was not offered", Code::CLASS_WIDENED,
       [](v1::Layers* l) { l->set_layer(v1::LIMITED); }},
      {"entries that are not held", Code::STREAM_GAP,
       [](v1::Layers* l) { l->set_last_seq(kEntries + 1); }},
      {"another stream", Code::STREAM_UNKNOWN,
       [](v1::Layers* l) { l->set_stream_id(std::string(32, 'x')); }},
  };
  for (const auto& [what, code, damage] : cases) {
    Anew();
    BeginLayers();
    v1::Layers layers = Layers();
    damage(&layers);
    Give(layers);
    ExpectRefused(code, what);
  }
}

// --- what changes meanwhile

TEST_F(SubscriberTest, WhatIsNoLongerPermittedIsStoredAsHashes) {
  world_.SetPolicy(kCity, {.limited_for = {kProvince}});
  end_.OnAuthority();
  GiveOffer(Offer(7));
  GiveHead();
  const v1::Entries on_its_way = Page(1, kEntries, 7);
  world_.SetPolicy(kCity, {});
  end_.OnAuthority();
  Give(on_its_way);
  ASSERT_EQ(end_.ended(), Code::kOk);
  const StorePage store = end_.Last<StorePage>();
  ledger::EntryHasher hasher(v1::SHA256_ED25519);
  for (size_t i = 0; i < store.page.entries.size(); ++i) {
    const ledger::EntryParts& entry = store.page.entries[i];
    const TestEntry& origin = log().entries[i];
    if (origin.type != v1::PUT) continue;
    EXPECT_EQ(entry.shown & 4, 0);
    EXPECT_TRUE(entry.contents[2].empty());
    EXPECT_EQ(entry.hashes[2],
              hasher.LayerHash(v1::LIMITED, origin.salts[2], origin.contents[2]).view());
  }
  EXPECT_EQ(province_.holdings.Find(log().stream_id)->next_seq[2], 1u);
}

TEST_F(SubscriberTest, OfASuspendedOriginNothingIsKept) {
  Begin();
  world_.SetState(kCity, v1::SUSPENDED);
  end_.OnAuthority();  // as if another peer brought it
  Give(Page(kFirst + 1));
  EXPECT_EQ(end_.ended(), Code::kOk);
  EXPECT_EQ(end_.Count<StorePage>(), before_);
}

TEST_F(SubscriberTest, FillsArePaced) {
  Begin();
  for (int layer = 1; layer <= 2; ++layer) {
    Effects effects;
    end_.session->AskFill(log().stream_id, static_cast<v1::SharingClass>(layer), {1, 2}, &effects);
    end_.Do(std::move(effects));
  }
  EXPECT_EQ(end_.Sent(v1::FILL).size(), 1u);
  clock_.Advance(kSecondUs);
  EXPECT_EQ(end_.session->NextTimerUs(), clock_.now_us);
  end_.Timer();
  EXPECT_EQ(end_.Sent(v1::FILL).size(), 2u);
  Effects limited;
  end_.session->AskFill(log().stream_id, v1::LIMITED, {1}, &limited);
  clock_.Advance(kSecondUs);
  end_.Timer();
  EXPECT_EQ(end_.Sent(v1::FILL).size(), 2u) << "not offered";
}

}  // namespace
}  // namespace tombolo::exchange
