// Faults that are found after parsing are told with their line.
#include <gtest/gtest.h>

#include "gateway/config/yaml.h"

namespace tombolo::config {
namespace {

constexpr char kText[] =
    "origin: spiffe://a.example/x\n"
    "rules:\n"
    "  - id: first\n"
    "    items: [a, b]\n"
    "  - id: second\n"
    "    items:\n"
    "      - c\n";

std::string At(std::string_view path) { return PlaceOf(kText, "p.yaml", path); }

TEST(PlaceOf, KeysAndElements) {
  EXPECT_EQ(At("origin"), "p.yaml:1:1: ");
  EXPECT_EQ(At("rules"), "p.yaml:2:1: ");
  EXPECT_EQ(At("rules[1]"), "p.yaml:5:5: ");
  EXPECT_EQ(At("rules[0].items"), "p.yaml:4:5: ");
  EXPECT_EQ(At("rules[0].items[1]"), "p.yaml:4:16: ");
  EXPECT_EQ(At("rules[1].items[0]"), "p.yaml:7:9: ");
}

TEST(PlaceOf, TheNearestPartThatIsThere) {
  EXPECT_EQ(At("rules[1].layer"), "p.yaml:5:5: ");
  EXPECT_EQ(At("rules[7].items"), "p.yaml:2:1: ");
  EXPECT_EQ(At("version"), "p.yaml:1:1: ");
  EXPECT_EQ(At("origin.deeper[2]"), "p.yaml:1:1: ");
  EXPECT_EQ(At(""), "p.yaml:1:1: ");
}

TEST(PlaceOf, WhatFollowsThePathDoesNotCount) {
  EXPECT_EQ(At("rules to version: end"), "p.yaml:2:1: ");
  EXPECT_EQ(At("rules[x].id"), "p.yaml:2:1: ");
  EXPECT_EQ(PlaceOf("\xEF\xBB\xBF"
                    "a: 1\nb: 2\n",
                    "q", "b"),
            "q:2:1: ");
  EXPECT_EQ(PlaceOf("a: [", "q", "a"), "q:1:1: ");
}

}  // namespace
}  // namespace tombolo::config
