/*
 * A headless IM client on liblinphone (Debian: liblinphone-dev) with CPIM and receipts on.
 *
 * Build: cc -o linphone-im linphone-im.c -llinphone
 * Use:   HOME=DIR linphone-im RC-FILE PEER-URI COUNT SECONDS
 *
 * Registers, sends COUNT messages to the peer, shows every message as read, ends after SECONDS.
 * Prints one line a fact: REG state, STATE message-id state, RECV id=… ct=… text=…
 */
#include <linphone/api/c-api.h>
#include <linphone/core.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void say_state(LinphoneChatMessage *message, LinphoneChatMessageState state) {
  printf("STATE %s %s\n", linphone_chat_message_get_message_id(message), linphone_chat_message_state_to_string(state));
  fflush(stdout);
}

static void say_message(LinphoneCore *core, LinphoneChatRoom *room, LinphoneChatMessage *message) {
  const char *text = linphone_chat_message_get_utf8_text(message);
  (void)core;
  printf("RECV id=%s ct=%s text=%s\n", linphone_chat_message_get_message_id(message),
         linphone_chat_message_get_content_type(message), text ? text : "(none)");
  fflush(stdout);
  linphone_chat_room_allow_cpim(room);
  linphone_chat_room_mark_as_read(room);
}

static void say_registration(LinphoneCore *core, LinphoneAccount *account, LinphoneRegistrationState state,
                             const char *reason) {
  (void)core, (void)account, (void)reason;
  printf("REG %s\n", linphone_registration_state_to_string(state));
  fflush(stdout);
}

static void send_messages(LinphoneFactory *factory, LinphoneChatRoom *room, int count) {
  LinphoneChatMessageCbs *callbacks = linphone_factory_create_chat_message_cbs(factory);
  linphone_chat_message_cbs_set_msg_state_changed(callbacks, say_state);
  for (int number = 0; number < count; number++) {
    char text[64];
    snprintf(text, sizeof text, "hello %d ✓", number);
    LinphoneChatMessage *message = linphone_chat_room_create_message_from_utf8(room, text);
    linphone_chat_message_add_callbacks(message, callbacks);
    linphone_chat_message_send(message);
  }
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  int count = atoi(argv[3]), seconds = atoi(argv[4]);
  LinphoneFactory *factory = linphone_factory_get();
  LinphoneCoreCbs *callbacks = linphone_factory_create_core_cbs(factory);
  linphone_core_cbs_set_message_received(callbacks, say_message);
  linphone_core_cbs_set_account_registration_state_changed(callbacks, say_registration);
  LinphoneCore *core = linphone_factory_create_core_3(factory, argv[1], NULL, NULL);
  linphone_core_add_callbacks(core, callbacks);
  linphone_core_start(core);
  linphone_core_set_network_reachable(core, FALSE);
  linphone_core_set_network_reachable(core, TRUE);
  linphone_im_notif_policy_enable_all(linphone_core_get_im_notif_policy(core));

  LinphoneChatRoom *room = NULL;
  for (int tick = 0; tick < seconds * 50; tick++) {
    linphone_core_iterate(core);
    usleep(20000);
    if (tick == 50) {
      room = linphone_core_get_chat_room(core, linphone_factory_create_address(factory, argv[2]));
      linphone_chat_room_allow_cpim(room);
    }
    if (tick == 100) send_messages(factory, room, count);
  }
  linphone_core_stop(core);
  return 0;
}
