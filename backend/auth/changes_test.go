package auth

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Who reads the audit sees what was there before a change, and what is there after it.
func TestEveryChangeIsToldFromWhatToWhat(t *testing.T) {
	b := setup(t)
	text, off, ops, wider := "the one who builds", true, []string{"ops"}, []string{"provider:read", "tool:list"}
	var k Key
	var raw string
	for _, step := range []struct {
		verb string
		do   func() error
		want string
	}{
		{"a principal is made", func() error { _, err := b.SavePrincipal(b.ctx, "ann", PrincipalPatch{}); return err },
			`PrincipalCreated {"principal_id":"ann","principal_type":"user","groups":[],"disabled":false,"description":""}`},
		{"a principal is changed", func() error {
			_, err := b.SavePrincipal(b.ctx, "ann", PrincipalPatch{Description: &text, Disabled: &off, Groups: &ops})
			return err
		},
			`PrincipalCreated {"principal_id":"group:ops","principal_type":"group","groups":[],"disabled":false,"description":""}
PrincipalUpdated {"principal_id":"ann","principal_type":"user","groups":["group:ops"],"disabled":true,"description":"the one who builds","changes":[` +
				`{"field":"description","before":"","after":"the one who builds"},{"field":"disabled","before":false,"after":true},` +
				`{"field":"groups","before":[],"after":["group:ops"]}]}`},
		{"nothing of a principal is changed", func() error {
			_, err := b.SavePrincipal(b.ctx, "ann", PrincipalPatch{Description: &text})
			return err
		}, ``},
		{"a role is made", func() error {
			_, err := b.CreateRole(b.ctx, Role{Name: "reader", Permissions: []string{"provider:read"}})
			return err
		},
			`CustomRoleCreated {"role_name":"reader","permissions":["provider:read"],"description":""}`},
		{"a role is changed", func() error { _, err := b.UpdateRole(b.ctx, "reader", RolePatch{Permissions: &wider}); return err },
			`CustomRoleUpdated {"role_name":"reader","permissions":["provider:read","tool:list"],"description":"","changes":[` +
				`{"field":"permissions","before":["provider:read"],"after":["provider:read","tool:list"]}]}`},
		{"nothing of a role is changed", func() error { _, err := b.UpdateRole(b.ctx, "reader", RolePatch{Permissions: &wider}); return err }, ``},
		{"a role is given", func() error { return b.AssignRole(b.ctx, "ann", "reader", "me") },
			`RoleAssigned {"principal_id":"ann","role_name":"reader","scope":"global","assigned_by":"me","changes":[{"field":"roles","before":[],"after":["reader"]}]}`},
		{"another role is given", func() error { return b.AssignRole(b.ctx, "ann", "agent", "me") },
			`RoleAssigned {"principal_id":"ann","role_name":"agent","scope":"global","assigned_by":"me","changes":[{"field":"roles","before":["reader"],"after":["agent","reader"]}]}`},
		{"a role is taken", func() error { return b.RevokeRole(b.ctx, "ann", "agent", "me") },
			`RoleRevoked {"principal_id":"ann","role_name":"agent","scope":"global","revoked_by":"me","changes":[{"field":"roles","before":["agent","reader"],"after":["reader"]}]}`},
		{"a policy is set", func() error {
			return b.SetPolicy(b.ctx, Policy{Provider: "math", Tool: "add", Subject: "ann", Effect: Deny})
		},
			`ToolAccessPolicySet {"provider_id":"math","tool_name":"add","principal_id":"ann","effect":"deny","changes":[{"field":"effect","before":null,"after":"deny"}]}`},
		{"a policy is set to something else", func() error {
			return b.SetPolicy(b.ctx, Policy{Provider: "math", Tool: "add", Subject: "ann", Effect: Allow})
		},
			`ToolAccessPolicySet {"provider_id":"math","tool_name":"add","principal_id":"ann","effect":"allow","changes":[{"field":"effect","before":"deny","after":"allow"}]}`},
		{"a policy is set again", func() error {
			return b.SetPolicy(b.ctx, Policy{Provider: "math", Tool: "add", Subject: "ann", Effect: Allow})
		}, ``},
		{"a policy is cleared", func() error { _, err := b.ClearPolicies(b.ctx, "math", "add", ""); return err },
			`ToolAccessPolicyCleared {"provider_id":"math","tool_name":"add","principal_id":"ann","changes":[{"field":"effect","before":"allow","after":null}]}`},
		{"a key is made", func() (err error) {
			k, raw, err = b.CreateKey(b.ctx, NewKey{Principal: "ann", Name: "laptop"})
			return err
		}, `ApiKeyCreated {"key_id":"ID","principal_id":"ann","key_name":"laptop","expires_at":null,"created_by":""}`},
		{"a key is rotated", func() (err error) {
			k, raw, _, err = b.RotateKey(b.ctx, k.ID, Rotation{Grace: time.Hour, By: "me"})
			return err
		},
			`ApiKeyCreated {"key_id":"ID","principal_id":"ann","key_name":"laptop","expires_at":null,"created_by":"me"}
KeyRotated {"key_id":"ID","principal_id":"ann","new_key_id":"ID","rotated_at":TIME,"grace_until":TIME,"rotated_by":"me","changes":[` +
				`{"field":"expires_at","before":null,"after":TIME},{"field":"replaced_by","before":"","after":"ID"}]}`},
		{"a key is revoked", func() error { return b.RevokeKey(b.ctx, k.ID, "me", "leaked") },
			`ApiKeyRevoked {"key_id":"ID","principal_id":"ann","revoked_by":"me","reason":"leaked","changes":[` +
				`{"field":"revoked_at","before":null,"after":TIME},{"field":"reason","before":"","after":"leaked"}]}`},
		{"a group is deleted", func() error { return b.DeletePrincipal(b.ctx, "group:ops") },
			`PrincipalUpdated {"principal_id":"ann","principal_type":"user","groups":[],"disabled":true,"description":"the one who builds","changes":[` +
				`{"field":"groups","before":["group:ops"],"after":[]}]}
PrincipalDeleted {"principal_id":"group:ops","definition":{"principal_type":"group","description":"","disabled":false,"groups":[],"roles":[],"keys":[]}}`},
		{"a disabled admin is let in again by who holds the machine", func() error {
			_, _, err := b.Bootstrap(b.ctx, NewKey{Principal: "ann", Name: "back"})
			return err
		},
			`PrincipalUpdated {"principal_id":"ann","principal_type":"user","groups":[],"disabled":false,"description":"the one who builds","changes":[{"field":"disabled","before":true,"after":false}]}
ApiKeyCreated {"key_id":"ID","principal_id":"ann","key_name":"back","expires_at":null,"created_by":""}
RoleAssigned {"principal_id":"ann","role_name":"admin","scope":"global","assigned_by":"","changes":[{"field":"roles","before":["reader"],"after":["admin","reader"]}]}`},
		{"a role is deleted", func() error { return b.DeleteRole(b.ctx, "reader") },
			`RoleRevoked {"principal_id":"ann","role_name":"reader","scope":"global","revoked_by":"","changes":[{"field":"roles","before":["admin","reader"],"after":["admin"]}]}
CustomRoleDeleted {"role_name":"reader","definition":{"description":"","permissions":["provider:read","tool:list"]}}`},
		{"a principal is deleted", func() error { return b.DeletePrincipal(b.ctx, "ann") },
			`PrincipalDeleted {"principal_id":"ann","definition":{"principal_type":"user","description":"the one who builds","disabled":false,"groups":[],"roles":["admin"],"keys":["ID","ID"]}}`},
	} {
		head := b.events.Head()
		must(t, step.do())
		var said []string
		for _, e := range b.said(head) {
			said = append(said, e.Kind+" "+placeholders(string(e.Data)))
			if raw != "" && strings.Contains(string(e.Data), raw[len(keyStart):]) {
				t.Errorf("%s: the key is in the log: %s", step.verb, e.Data)
			}
		}
		if got := strings.Join(said, "\n"); got != step.want {
			t.Errorf("%s:\n%s\nwant\n%s", step.verb, got, step.want)
		}
	}
}

// placeholders stand for what is another one each time.
func placeholders(s string) string {
	s = regexp.MustCompile(`"[a-z2-7]{16}"`).ReplaceAllString(s, `"ID"`)
	return regexp.MustCompile(fmt.Sprintf(`%d\d{8}`, time.Now().Unix()/1e8)).ReplaceAllString(s, "TIME")
}
