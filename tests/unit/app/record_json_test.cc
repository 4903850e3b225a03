// Records of other origins as they are shown: where they came from, and what is withheld.
#include "gateway/app/record_json.h"

#include <gtest/gtest.h>

namespace tombolo::app {
namespace {

node::RecordView Partial() {
  node::RecordView view;
  view.received = true;
  view.form = store::Form::kPartial;
  view.shown = 1;
  view.stream.set_origin("spiffe://federation.example/other");
  view.stream.set_item("a");
  view.header.set_record_id(std::string(16, '\x01'));
  v1::Field* field = view.layers[0].add_fields();
  field->set_name("name");
  field->set_text("Corner shop");
  view.delivery.number = 65536;
  view.delivery.peer = "spiffe://federation.example/hub";
  view.delivery.path = {"spiffe://federation.example/other", "spiffe://federation.example/hub"};
  return view;
}

TEST(RecordJson, WithheldLayersSaySo) {
  EXPECT_EQ(LayersJson(Partial()),
            "{\"public\":{\"name\":\"Corner shop\"},\"government\":\"withheld\","
            "\"limited\":\"withheld\"}");
  const std::string text = RecordText(Partial());
  EXPECT_NE(text.find("Corner shop"), std::string::npos);
  EXPECT_NE(text.find("withheld"), std::string::npos);
  node::RecordView own = Partial();
  own.received = false;
  own.form = store::Form::kFull;
  own.shown = store::kAllLayers;
  EXPECT_EQ(RecordText(own).find("withheld"), std::string::npos);
  EXPECT_EQ(LayersJson(own).find("withheld"), std::string::npos);
}

TEST(RecordJson, AReceivedRecordNamesOriginAndWay) {
  const std::string json = RecordJson(Partial());
  EXPECT_NE(json.find("\"entry\":\"partial\""), std::string::npos);
  EXPECT_NE(json.find("\"origin\":\"spiffe://federation.example/other\""), std::string::npos);
  EXPECT_NE(json.find("\"record_id\":\"01010101010101010101010101010101\""), std::string::npos);
  EXPECT_NE(json.find("\"peer\":\"spiffe://federation.example/hub\",\"path\":["),
            std::string::npos);
  EXPECT_NE(RecordText(Partial()).find("spiffe://federation.example/hub"), std::string::npos);
}

}  // namespace
}  // namespace tombolo::app
