#include "gateway/store/entry_codec.h"

#include <gtest/gtest.h>

#include <random>

#include "gateway/base/text.h"

namespace tombolo::store {
namespace {

constexpr CodecSizes kShort{16, 32};
constexpr CodecSizes kLong{24, 48};

EntryView FullPut(const std::string& salt, std::string_view layer) {
  EntryView entry;
  entry.type = v1::PUT;
  entry.ingest = 300;
  entry.previous_stream = 2;
  entry.previous_seq = uint64_t{1} << 40;
  entry.header = "header";
  entry.salts = {salt, salt, salt};
  entry.layers = {layer, "", "limited"};
  return entry;
}

std::string Encode(const EntryView& entry) {
  std::string out;
  AppendEntry(entry, &out);
  return out;
}

Code DecodeCode(std::string_view bytes, CodecSizes sizes) {
  EntryView entry;
  return CodeOf(TakeEntry(&bytes, sizes, &entry));
}

TEST(EntryCodec, BytesOfThePage) {
  // The worked example of docs/formats/block.md.
  EntryView entry;
  entry.type = v1::RETRACT;
  entry.ingest = 300;
  entry.previous_stream = 5;
  entry.previous_seq = 7;
  entry.header = "hdr";
  EXPECT_EQ(Encode(entry), std::string("\x02\xac\x02\x05\x07\x03hdr"));
  entry.previous_stream = 0;
  entry.previous_seq = 99;  // not written without a stream
  EXPECT_EQ(Encode(entry), std::string("\x02\xac\x02\x00\x03hdr", 8));
  entry.form = Form::kErased;
  const std::string leaf(32, 'L');
  entry.leaf_hash = leaf;
  EXPECT_EQ(Encode(entry), std::string("\x22\xac\x02\x00", 4) + leaf);
}

TEST(EntryCodec, PutsOfBothSuitesReadBack) {
  const std::string layer(1000, 'l');
  for (CodecSizes sizes : {kShort, kLong}) {
    const std::string salt(sizes.salt_bytes, 's');
    const std::string bytes = Encode(FullPut(salt, layer)) + "next";
    std::string_view in = bytes;
    EntryView entry;
    entry.seq = 12;
    ASSERT_TRUE(TakeEntry(&in, sizes, &entry).ok());
    EXPECT_EQ(in, "next");
    EXPECT_EQ(entry.seq, 12u);
    EXPECT_EQ(entry.type, v1::PUT);
    EXPECT_EQ(entry.form, Form::kFull);
    EXPECT_EQ(entry.ingest, 300u);
    EXPECT_EQ(entry.previous_stream, 2u);
    EXPECT_EQ(entry.previous_seq, uint64_t{1} << 40);
    EXPECT_EQ(entry.header, "header");
    EXPECT_EQ(entry.salts[2], salt);
    EXPECT_EQ(entry.layers[0], layer);
    EXPECT_EQ(entry.layers[1], "");
    EXPECT_EQ(entry.layers[2], "limited");
  }
}

TEST(EntryCodec, OtherFormsReadBack) {
  const std::string hash(48, 'h');
  EntryView stub;
  stub.form = Form::kStub;
  stub.header = "header";
  stub.layer_hashes = {hash, hash, hash};
  const std::string stub_bytes = Encode(stub);
  std::string_view in = stub_bytes;
  EntryView entry;
  ASSERT_TRUE(TakeEntry(&in, kLong, &entry).ok());
  EXPECT_EQ(entry.form, Form::kStub);
  EXPECT_EQ(entry.layer_hashes[2], hash);
  EXPECT_TRUE(in.empty());
  EntryView event;
  event.type = v1::ENTRY_TYPE_UNSPECIFIED;
  event.form = Form::kEvent;
  event.header = "event";
  const std::string event_bytes = Encode(event);
  in = event_bytes;
  ASSERT_TRUE(TakeEntry(&in, kShort, &entry).ok());
  EXPECT_EQ(entry.form, Form::kEvent);
  EXPECT_EQ(entry.header, "event");
  EXPECT_TRUE(entry.layers[0].empty());
  EXPECT_TRUE(in.empty());
}

// A PUT of which the layers of `shown` are there.
EntryView PartialPut(LayerMask shown, const std::string& salt, const std::string& hash) {
  EntryView entry = FullPut(salt, "public");
  entry.form = Form::kPartial;
  entry.shown = shown;
  for (size_t i = 0; i < kLayers; ++i) {
    if (Has(shown, i)) continue;
    entry.salts[i] = entry.layers[i] = {};
    entry.layer_hashes[i] = hash;
  }
  return entry;
}

TEST(EntryCodec, PartialEntriesReadBack) {
  for (CodecSizes sizes : {kShort, kLong}) {
    const std::string salt(sizes.salt_bytes, 's'), hash(sizes.hash_bytes, 'h');
    for (LayerMask shown = 1; shown < kAllLayers; ++shown) {
      const EntryView want = PartialPut(shown, salt, hash);
      const std::string bytes = Encode(want) + "next";
      std::string_view in = bytes;
      EntryView entry;
      ASSERT_TRUE(TakeEntry(&in, sizes, &entry).ok()) << int{shown};
      EXPECT_EQ(in, "next");
      EXPECT_EQ(entry.form, Form::kPartial);
      EXPECT_EQ(entry.shown, shown);
      EXPECT_EQ(ShownLayers(entry), shown);
      EXPECT_EQ(entry.salts, want.salts);
      EXPECT_EQ(entry.layers, want.layers);
      EXPECT_EQ(entry.layer_hashes, want.layer_hashes);
      EXPECT_EQ(entry.previous_seq, want.previous_seq);
    }
  }
}

TEST(EntryCodec, PartialWithNoneOrAllLayersIsRefused) {
  const std::string salt(16, 's'), hash(32, 'h');
  for (const LayerMask shown : {LayerMask{0}, kAllLayers, LayerMask{8}, LayerMask{9}}) {
    EXPECT_EQ(DecodeCode(Encode(PartialPut(shown, salt, hash)), kShort), Code::STORE_CORRUPT);
  }
  EntryView retract = PartialPut(1, salt, hash);
  retract.type = v1::RETRACT;
  EXPECT_EQ(DecodeCode(Encode(retract), kShort), Code::STORE_CORRUPT);
}

TEST(EntryCodec, ShownLayersOfTheOtherForms) {
  const std::string salt(16, 's');
  EntryView entry = FullPut(salt, "layer");
  EXPECT_EQ(ShownLayers(entry), kAllLayers);
  entry.type = v1::RETRACT;
  EXPECT_EQ(ShownLayers(entry), 0);
  entry.type = v1::PUT;
  entry.form = Form::kStub;
  EXPECT_EQ(ShownLayers(entry), 0);
}

TEST(EntryCodec, EveryCutIsRefused) {
  const std::string salt(16, 's'), hash(32, 'h');
  for (const std::string& bytes :
       {Encode(FullPut(salt, "layer")), Encode(PartialPut(5, salt, hash))}) {
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_EQ(DecodeCode(bytes.substr(0, size), kShort), Code::STORE_CORRUPT) << size;
    }
    EXPECT_EQ(DecodeCode(bytes, kShort), Code::kOk);
  }
}

TEST(EntryCodec, UnknownTypesAndFormsAreRefused) {
  const std::string rest("\x00\x00\x00", 3);
  for (int first = 0; first < 256; ++first) {
    const int type = first & 15;
    const int form = first >> 4;
    // With nothing behind but an empty header only these stand.
    const bool sound = (form == 0 && (type == 2 || type == 3)) || (form == 3 && type <= 3);
    EXPECT_EQ(DecodeCode(std::string(1, static_cast<char>(first)) + rest, kShort),
              sound ? Code::kOk : Code::STORE_CORRUPT)
        << first;
  }
}

TEST(EntryCodec, NumbersOutOfRangeAreRefused) {
  // Ingest of 2^32; a varint of eleven bytes; one of ten bytes above 64 bits; a header longer than
  // what is left, and one of 2^64 - 1 bytes.
  const std::string most(9, '\xff');
  for (const std::string& bad : {std::string("\x02\x80\x80\x80\x80\x10\x00\x00", 8),
                                 std::string("\x02") + most + std::string("\x80\x01\x00\x00", 4),
                                 std::string("\x02") + most + std::string("\x02\x00\x00", 3),
                                 std::string("\x02\x00\x00\x05", 4) + "four",
                                 std::string("\x02\x00\x00", 3) + most + "\x01"}) {
    EXPECT_EQ(DecodeCode(bad, kShort), Code::STORE_CORRUPT) << ToHex(bad);
  }
  EXPECT_EQ(DecodeCode(std::string("\x02\xff\xff\xff\xff\x0f\x00\x00", 8), kShort), Code::kOk);
}

TEST(EntryCodec, VarintsReadBack) {
  for (int bit = 0; bit < 64; ++bit) {
    for (uint64_t value : {(uint64_t{1} << bit) - 1, uint64_t{1} << bit, ~uint64_t{0} >> bit}) {
      std::string bytes;
      AppendVarint(value, &bytes);
      std::string_view in = bytes;
      uint64_t read = 1;
      ASSERT_TRUE(TakeVarint64(&in, &read));
      EXPECT_EQ(read, value);
      EXPECT_TRUE(in.empty());
    }
  }
}

TEST(EntryCodec, RandomBytesNeverCrash) {
  std::mt19937 random(11);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes(random() % 80, '\0');
    for (char& c : bytes) c = static_cast<char>(random() % 4 == 0 ? random() : random() % 40);
    std::string_view in = bytes;
    EntryView entry;
    while (!in.empty() && TakeEntry(&in, kShort, &entry).ok()) {
      std::string again;
      AppendEntry(entry, &again);
      EXPECT_LE(again.size(), bytes.size());
    }
  }
}

}  // namespace
}  // namespace tombolo::store
