// Pages show what was decided and nothing else.
#include "gateway/boundary/disclosure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "gateway/base/limits.h"
#include "gateway/ledger/canonical.h"
#include "tests/support/assert_ok.h"
#include "tests/unit/boundary/fixture.h"

namespace tombolo::boundary {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kToday = 20000;
const std::string kStream(32, 's');

std::string HeaderOf(v1::RecordState state = v1::EFFECTIVE, int share_until = 0) {
  v1::RecordHeader header;
  header.set_record_id(std::string(16, 'r'));
  header.set_version(1);
  header.set_state(state);
  if (share_until != 0) header.set_share_until(share_until);
  return ledger::CanonicalBytes(header);
}

// Entries with texts to search for: salt-3-2 is the start of entry 3's salt of layer 2.
class Entries {
 public:
  HeldEntry& Put(std::string header, LayerMask shown = ledger::kAllLayers, bool current = true) {
    const size_t number = held_.size();
    HeldEntry& entry = held_.emplace_back();
    entry.current = current;
    entry.parts.header = Keep(std::move(header));
    entry.parts.shown = shown;
    for (size_t k = 0; k < ledger::kLayerCount; ++k) {
      if ((shown >> k & 1) == 0) {
        entry.parts.hashes[k] = Keep(std::string(32, 'h'));
        continue;
      }
      std::string salt = absl::StrCat("salt-", number, "-", k);
      salt.resize(16, '.');
      entry.parts.salts[k] = Keep(salt);
      entry.parts.contents[k] = Keep(absl::StrCat("content-", number, "-", k));
    }
    return entry;
  }
  HeldEntry& Other(v1::EntryType type) {
    HeldEntry& entry = held_.emplace_back();
    entry.parts.type = type;
    entry.parts.header = Keep("bare");
    return entry;
  }
  HeldEntry& Erased() {
    HeldEntry& entry = held_.emplace_back();
    entry.parts.type = v1::ENTRY_TYPE_UNSPECIFIED;
    entry.parts.erased = true;
    entry.parts.leaf = Keep(std::string(32, 'l'));
    return entry;
  }
  PageSource Source() const {
    PageSource source;
    source.suite = v1::SHA256_ED25519;
    source.stream_id = kStream;
    source.first_seq = 3;
    source.entries = held_;
    source.cursor = "cursor";
    source.today = kToday;
    return source;
  }

 private:
  std::string_view Keep(std::string text) {
    return *texts_.emplace_back(std::make_unique<std::string>(std::move(text)));
  }
  std::vector<std::unique_ptr<std::string>> texts_;
  std::vector<HeldEntry> held_;
};

PageShaper Shaper() { return PageShaper(v1::SHA256_ED25519, nullptr); }
v1::Entries Parsed(const ShapedPage& page) {
  v1::Entries out;
  EXPECT_OK(ledger::ParseCanonical("page", page.payload(), &out));
  return out;
}

TEST(Page, ShowsTheLayersAskedForAndHashesOfTheRest) {
  for (LayerMask layers = 1; layers <= ledger::kAllLayers; ++layers) {
    Entries entries;
    entries.Put(HeaderOf());
    ASSERT_OK_AND_ASSIGN(const auto page, Shaper().Entries(entries.Source(), layers));
    const v1::Entries out = Parsed(*page);
    EXPECT_EQ(out.forms(), std::string(1, static_cast<char>(v1::PUT | layers << 4)));
    ledger::EntryHasher hasher(v1::SHA256_ED25519);
    std::string hashes;
    for (size_t k = 0; k < ledger::kLayerCount; ++k) {
      const std::string salt = absl::StrCat("salt-0-", k), content = absl::StrCat("content-0-", k);
      if ((layers >> k & 1) != 0) {
        EXPECT_THAT(page->payload(), HasSubstr(salt));
        EXPECT_THAT(page->payload(), HasSubstr(content));
        continue;
      }
      EXPECT_THAT(page->payload(), Not(HasSubstr(salt)));
      EXPECT_THAT(page->payload(), Not(HasSubstr(content)));
      const HeldEntry& held = entries.Source().entries[0];
      hashes += hasher
                    .LayerHash(static_cast<v1::SharingClass>(k + 1), held.parts.salts[k],
                               held.parts.contents[k])
                    .str();
    }
    EXPECT_EQ(out.hashes(), hashes);
    EXPECT_EQ(page->layers(), layers);
    EXPECT_EQ(page->shown(), 1);
  }
}

TEST(Page, SupersededAndTermOverGoAsStubs) {
  Entries entries;
  entries.Put(HeaderOf(), ledger::kAllLayers, false);
  entries.Put(HeaderOf(v1::EFFECTIVE, kToday - 1));
  entries.Put(HeaderOf(v1::REPAIRED));
  entries.Put("not a header\xff");
  ASSERT_OK_AND_ASSIGN(const auto page, Shaper().Entries(entries.Source(), 7));
  const v1::Entries out = Parsed(*page);
  EXPECT_EQ(out.forms(), std::string("\x01\x01\x61\x01", 4));
  EXPECT_EQ(out.contents_size(), 2);
  for (const char* hidden : {"content-0", "content-1", "content-2-0", "content-3", "salt-0"}) {
    EXPECT_THAT(page->payload(), Not(HasSubstr(hidden)));
  }
  EXPECT_EQ(page->shown(), 1);
}

TEST(Page, CarriesTheOtherEntriesWhole) {
  Entries entries;
  entries.Other(v1::RETRACT);
  entries.Other(v1::TOMBSTONE);
  entries.Erased();
  entries.Put(HeaderOf(), 1);  // what is held only as a hash stays one
  PageSource source = entries.Source();
  Digest node;
  node.size = 32;
  node.bytes.fill('p');
  const Digest path[] = {node};
  source.path = path;
  ASSERT_OK_AND_ASSIGN(const auto page, Shaper().Entries(source, 7));
  const v1::Entries out = Parsed(*page);
  EXPECT_EQ(out.forms(), std::string("\x02\x03\x80\x11", 4));
  EXPECT_EQ(out.headers_size(), 3);
  EXPECT_EQ(out.hashes(), std::string(32, 'l') + std::string(64, 'h'));
  EXPECT_EQ(out.path(0), std::string(32, 'p'));
  EXPECT_EQ(out.cursor(), "cursor");
  EXPECT_EQ(page->first_seq(), 3);
  EXPECT_EQ(page->last_seq(), 6);
  EXPECT_EQ(page->type(), v1::ENTRIES);
}

TEST(Page, OneLayerOfThoseThatShowIt) {
  Entries entries;
  entries.Put(HeaderOf());
  entries.Put(HeaderOf(), ledger::kAllLayers, false);
  entries.Other(v1::RETRACT);
  entries.Put(HeaderOf(), 3);
  entries.Put(HeaderOf());
  ASSERT_OK_AND_ASSIGN(const auto page, Shaper().Layer(entries.Source(), 2, 20));
  v1::Layers out;
  ASSERT_OK(ledger::ParseCanonical("page", page->payload(), &out));
  EXPECT_THAT(out.seqs(), ::testing::ElementsAre(3, 7));
  EXPECT_THAT(out.contents(), ::testing::ElementsAre("content-0-2", "content-4-2"));
  EXPECT_EQ(out.salts().size(), 32);
  EXPECT_EQ(out.layer(), v1::LIMITED);
  EXPECT_EQ(out.last_seq(), 20);
  EXPECT_EQ(page->type(), v1::LAYERS);
  EXPECT_EQ(page->layers(), 4);
  EXPECT_THAT(page->payload(), Not(HasSubstr("content-0-1")));
  EXPECT_CODE(Code::INVALID_ARGUMENT, Shaper().Layer(entries.Source(), 2, 6));
  EXPECT_CODE(Code::INVALID_ARGUMENT, Shaper().Layer(entries.Source(), 3, 20));
  EXPECT_CODE(Code::INVALID_ARGUMENT, Shaper().Layer(entries.Source(), -1, 20));
}

TEST(Page, RefusesWhatIsNoPage) {
  Entries entries;
  EXPECT_CODE(Code::INVALID_ARGUMENT, Shaper().Entries(entries.Source(), 7));
  HeldEntry& entry = entries.Put(HeaderOf());
  EXPECT_OK(Shaper().Entries(entries.Source(), 7));
  EXPECT_CODE(Code::INVALID_ARGUMENT, Shaper().Entries(entries.Source(), 0));
  EXPECT_CODE(Code::INVALID_ARGUMENT, Shaper().Entries(entries.Source(), 8));
  PageSource other = entries.Source();
  other.suite = v1::SHA384_ECDSA_P384;
  EXPECT_CODE(Code::INVALID_ARGUMENT, Shaper().Entries(other, 7));
  entry.parts.salts[1] = "short";
  EXPECT_CODE(Code::INVALID_ARGUMENT, Shaper().Entries(entries.Source(), 7));
  EXPECT_CODE(Code::INVALID_ARGUMENT, Shaper().Entries(entries.Source(), 1));
}

TEST(Page, Limits) {
  Entries many;
  const std::string header = HeaderOf();
  for (size_t i = 0; i < limits::kPageEntriesTarget; ++i) many.Put(header);
  EXPECT_OK(Shaper().Entries(many.Source(), 7));
  many.Put(header);
  EXPECT_CODE(Code::LIMIT_EXCEEDED, Shaper().Entries(many.Source(), 7));

  Entries large;
  const std::string content(limits::kLayerBytesMax, 'x');
  for (int i = 0; i < 5; ++i) large.Put(header).parts.contents[0] = content;
  EXPECT_CODE(Code::LIMIT_EXCEEDED, Shaper().Entries(large.Source(), 1));
}

TEST(Page, IsPackedOnce) {
  Entries entries;
  entries.Put(HeaderOf());
  PageShaper shaper(v1::SHA256_ED25519,
                    [](std::string_view payload) { return absl::StrCat(payload.size()); });
  ASSERT_OK_AND_ASSIGN(const auto page, shaper.Entries(entries.Source(), 7));
  EXPECT_EQ(page->packed(), absl::StrCat(page->payload().size()));
}

std::shared_ptr<const ShapedPage> PageWith(LayerMask layers) {
  Entries entries;
  entries.Put(HeaderOf());
  return *Shaper().Entries(entries.Source(), layers);
}

TEST(Disclosure, NeedsADecisionThatAllowsEveryLayerOfThePage) {
  v1::Policy text = PolicyOf("");
  *text.add_rules() = RuleOf(
      "id: 'gov' effect: ALLOW recipients {any_member: true} items: '*' layer: GOVERNMENT "
      "purposes: 'work' legal_basis: 'law'");
  const Decision decision = Ask(Compiled(text), {});
  ASSERT_EQ(decision.layers(), 3);
  for (LayerMask layers = 1; layers <= 7; ++layers) {
    const auto made = Disclosure::Make(decision, kStream, PageWith(layers), 12, kNowUs);
    if ((layers & 4) == 0) {
      ASSERT_OK(made);
      EXPECT_EQ(made->page().layers(), layers);
      EXPECT_EQ(made->member(), decision.member());
      EXPECT_EQ(made->authority(), 12);
    } else {
      EXPECT_CODE(Code::NOT_PERMITTED, made);
    }
  }
  const Decision nobody = Ask(nullptr, {.sharing_class = v1::GOVERNMENT});
  EXPECT_CODE(Code::NOT_PERMITTED, Disclosure::Make(nobody, kStream, PageWith(1), 12, kNowUs));
}

TEST(Disclosure, NeedsThePagesStreamAndADecisionThatStillHolds) {
  const Decision decision = Ask(Compiled(PolicyOf("")), {});
  const auto make = [&](std::string_view stream, int64_t now_us) {
    return Disclosure::Make(decision, stream, PageWith(1), 1, now_us);
  };
  EXPECT_OK(make(kStream, decision.until_us() - 1));
  EXPECT_CODE(Code::NOT_PERMITTED, make(kStream, decision.until_us()));
  EXPECT_CODE(Code::INVALID_ARGUMENT, make(std::string(32, 't'), kNowUs));
  EXPECT_CODE(Code::INVALID_ARGUMENT, Disclosure::Make(decision, kStream, nullptr, 1, kNowUs));
}

}  // namespace
}  // namespace tombolo::boundary
