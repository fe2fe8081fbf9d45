package api

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hangar/backend/auth"
	"hangar/backend/breaker"
	"hangar/backend/fault"
	"hangar/backend/group"
	"hangar/backend/invoke"
	"hangar/backend/provider"
)

func (a *API) groups(api huma.API) {
	huma.Register(api, op("GET", "/groups", "list-groups", "groups", "List groups", 200), a.listGroups)
	huma.Register(api, op("POST", "/groups", "create-group", "groups", "Create a group", 201, 400, 409), a.createGroup)
	huma.Register(api, op("GET", "/groups/{group_id}", "get-group", "groups", "Get a group", 200, 404), a.getGroup)
	huma.Register(api, op("PUT", "/groups/{group_id}", "update-group", "groups", "Update a group; it holds from the next call on", 200, 404), a.updateGroup)
	huma.Register(api, op("DELETE", "/groups/{group_id}", "delete-group", "groups", "Delete a group; its members live on", 200, 404), a.deleteGroup)
	huma.Register(api, op("POST", "/groups/{group_id}/rebalance", "rebalance-group", "groups", "Look at every member anew and close the circuit breakers", 200, 404), a.rebalanceGroup)
	huma.Register(api, op("POST", "/groups/{group_id}/members", "add-group-member", "groups", "Add a provider to a group", 201, 400, 404, 409), a.addMember)
	huma.Register(api, op("DELETE", "/groups/{group_id}/members/{member_id}", "remove-group-member", "groups", "Remove a provider from a group", 200, 404), a.removeMember)
	call := op("POST", "/groups/{group_id}/tools/{tool_name}/call", "call-group-tool", "groups", "Call a tool of a group", 200, 404, 502, 503, 504)
	call.Description = "The strategy picks a member. When it fails before the tool can have run, or the tool's annotations say that it " +
		"may run twice (readOnlyHint, idempotentHint), the next member is called. The answer is that of a provider's tool."
	call.Responses = callResponses(api)
	huma.Register(api, call, a.callGroupTool)
}

// OnGroup is the path of what is about one group.
type OnGroup struct {
	GroupID string `path:"group_id" doc:"The group's id"`
}

func (g OnGroup) id() group.ID { return group.ID(g.GroupID) }

// GroupStatus is a group, whole.
type GroupStatus struct {
	GroupID      string        `json:"group_id"`
	Description  *string       `json:"description" nullable:"true"`
	State        string        `json:"state" enum:"inactive,partial,healthy,degraded"`
	Strategy     string        `json:"strategy" enum:"round_robin,weighted_round_robin,least_connections,random,priority,sticky"`
	MinHealthy   int           `json:"min_healthy"`
	HealthyCount int           `json:"healthy_count" doc:"Members that can be called now"`
	TotalMembers int           `json:"total_members"`
	IsAvailable  bool          `json:"is_available" doc:"A call has somewhere to go"`
	CircuitOpen  bool          `json:"circuit_open" doc:"Every breaker in the rotation is open"`
	CircuitState string        `json:"circuit_breaker_state" enum:"closed,open,half_open" doc:"Sums up the members' breakers; it never keeps a call from a member that would take it"`
	RecentCalls  int           `json:"recent_calls" doc:"Of how many calls the observed shares are; at most the last 1000 of this run"`
	Members      []GroupMember `json:"members" nullable:"false"`
	Source       string        `json:"source" enum:"file,api" doc:"Who owns its rule and its list of members"`
	CreatedAt    time.Time     `json:"created_at"`
	UpdatedAt    time.Time     `json:"updated_at"`
}

// GroupMember is a provider in a group.
type GroupMember struct {
	ID                  string  `json:"id" doc:"The provider's id"`
	State               string  `json:"state" enum:"cold,initializing,ready,degraded,dead"`
	InRotation          bool    `json:"in_rotation"`
	Weight              int     `json:"weight"`
	Priority            int     `json:"priority"`
	ConsecutiveFailures int     `json:"consecutive_failures" doc:"Of its transport, as its breaker counts"`
	CircuitState        string  `json:"circuit_breaker_state" enum:"closed,open,half_open"`
	WantedShare         float64 `json:"wanted_share" minimum:"0" maximum:"1" doc:"Part of the calls that the strategy means it to get now"`
	ObservedShare       float64 `json:"observed_share" minimum:"0" maximum:"1" doc:"Part of the recent calls that it got"`
	InFlight            int     `json:"in_flight" doc:"Calls of this group that are under way there"`
}

// groupStatus joins what is stored with what only the running process knows.
// Members that the caller may not read are counted and not told.
func (a *API) groupStatus(ctx context.Context, g group.Group, states map[provider.ID]provider.State) GroupStatus {
	rights := a.Auth.Rights(ctx)
	view, calls := a.GroupCalls.View(g.ID)
	s := GroupStatus{
		GroupID: string(g.ID), State: string(g.State()), Strategy: string(g.Strategy), MinHealthy: g.MinHealthy,
		HealthyCount: g.Usable(), IsAvailable: g.Available(), CircuitOpen: g.Circuit() == breaker.Open,
		CircuitState: string(g.Circuit()), RecentCalls: calls, Members: []GroupMember{}, Source: string(g.Source), CreatedAt: g.CreatedAt, UpdatedAt: g.UpdatedAt,
	}
	if g.Description != "" {
		s.Description = &g.Description
	}
	for _, m := range g.Members {
		state, ok := states[m.ID]
		if !ok { // deleted a moment ago; its membership follows
			continue
		}
		s.TotalMembers++
		if !rights.Can(auth.ProvidersRead, string(m.ID)).Allowed {
			continue
		}
		v := view[m.ID]
		s.Members = append(s.Members, GroupMember{
			ID: string(m.ID), State: string(state), InRotation: m.InRotation, Weight: m.Weight, Priority: m.Priority,
			ConsecutiveFailures: v.Failures, CircuitState: string(m.Circuit), WantedShare: v.Wanted, ObservedShare: v.Observed, InFlight: v.InFlight,
		})
	}
	return s
}

func (a *API) memberStates(ctx context.Context, groups ...group.Group) (map[provider.ID]provider.State, error) {
	states := map[provider.ID]provider.State{}
	for _, g := range groups {
		for _, m := range g.Members {
			if _, known := states[m.ID]; known {
				continue
			}
			p, err := a.Providers.Get(ctx, m.ID)
			if fault.Is(err, fault.Missing) {
				continue
			}
			if err != nil {
				return nil, err
			}
			states[m.ID] = p.State
		}
	}
	return states, nil
}

type listGroupsOutput struct {
	Body struct {
		Groups   []GroupStatus `json:"groups" nullable:"false"`
		Position int64         `json:"position" doc:"Position of the log at which this was so: open a socket with since=position"`
		StoreID  string        `json:"store_id" doc:"Changes when the database is replaced"`
	}
}

func (a *API) listGroups(ctx context.Context, _ *struct{}) (*listGroupsOutput, error) {
	all, position, err := a.Groups.Snapshot(ctx)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	rights := a.Auth.Rights(ctx)
	all = slices.DeleteFunc(all, func(g group.Group) bool { return !rights.Can(auth.GroupsRead, string(g.ID)).Allowed })
	states, err := a.memberStates(ctx, all...)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &listGroupsOutput{}
	out.Body.Groups, out.Body.Position, out.Body.StoreID = []GroupStatus{}, position, a.StoreID
	for _, g := range all {
		out.Body.Groups = append(out.Body.Groups, a.groupStatus(ctx, g, states))
	}
	return out, nil
}

type createGroupInput struct {
	Body struct {
		GroupID     string `json:"group_id" minLength:"1" maxLength:"64" doc:"Unique id: letters, digits, _ and -"`
		Strategy    string `json:"strategy,omitempty" enum:"round_robin,weighted_round_robin,least_connections,random,priority,sticky" default:"round_robin" doc:"Which member is called"`
		MinHealthy  int    `json:"min_healthy,omitempty" minimum:"1" maximum:"1000" default:"1" doc:"Members that must be callable for the group to be healthy"`
		Description string `json:"description,omitempty" maxLength:"1000"`
	}
}

type createGroupOutput struct {
	Body struct {
		GroupID string `json:"group_id"`
		Created bool   `json:"created"`
	}
}

func (a *API) createGroup(ctx context.Context, in *createGroupInput) (*createGroupOutput, error) {
	err := a.Groups.Create(ctx, group.Group{
		ID: group.ID(in.Body.GroupID), Strategy: group.Strategy(in.Body.Strategy), MinHealthy: in.Body.MinHealthy, Description: in.Body.Description,
	})
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &createGroupOutput{}
	out.Body.GroupID, out.Body.Created = in.Body.GroupID, true
	return out, nil
}

type groupOutput struct{ Body GroupStatus }

func (a *API) getGroup(ctx context.Context, in *OnGroup) (*groupOutput, error) {
	g, err := a.Groups.Get(ctx, in.id())
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	states, err := a.memberStates(ctx, g)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	return &groupOutput{a.groupStatus(ctx, g, states)}, nil
}

type updateGroupInput struct {
	OnGroup
	Body struct {
		Strategy    *string `json:"strategy,omitempty" enum:"round_robin,weighted_round_robin,least_connections,random,priority,sticky"`
		MinHealthy  *int    `json:"min_healthy,omitempty" minimum:"1" maximum:"1000"`
		Description *string `json:"description,omitempty" maxLength:"1000"`
	}
}

type updateGroupOutput struct {
	Body struct {
		GroupID string `json:"group_id"`
		Updated bool   `json:"updated"`
	}
}

func (a *API) updateGroup(ctx context.Context, in *updateGroupInput) (*updateGroupOutput, error) {
	patch := group.Patch{MinHealthy: in.Body.MinHealthy, Description: in.Body.Description}
	if in.Body.Strategy != nil {
		strategy := group.Strategy(*in.Body.Strategy)
		patch.Strategy = &strategy
	}
	if err := a.Groups.Update(ctx, in.id(), patch); err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &updateGroupOutput{}
	out.Body.GroupID, out.Body.Updated = in.GroupID, true
	return out, nil
}

type deleteGroupOutput struct {
	Body struct {
		GroupID string `json:"group_id"`
		Deleted bool   `json:"deleted"`
	}
}

func (a *API) deleteGroup(ctx context.Context, in *OnGroup) (*deleteGroupOutput, error) {
	if err := a.Groups.Delete(ctx, in.id()); err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &deleteGroupOutput{}
	out.Body.GroupID, out.Body.Deleted = in.GroupID, true
	return out, nil
}

type rebalanceOutput struct {
	Body struct {
		Status  string `json:"status" example:"rebalanced"`
		GroupID string `json:"group_id"`
	}
}

func (a *API) rebalanceGroup(ctx context.Context, in *OnGroup) (*rebalanceOutput, error) {
	if err := a.Groups.Rebalance(ctx, in.id()); err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &rebalanceOutput{}
	out.Body.Status, out.Body.GroupID = "rebalanced", in.GroupID
	return out, nil
}

type addMemberInput struct {
	OnGroup
	Body struct {
		MemberID string `json:"member_id" minLength:"1" maxLength:"64" doc:"Id of a provider that exists"`
		Weight   int    `json:"weight,omitempty" minimum:"1" maximum:"100" default:"1" doc:"Its share of the calls, relative to the others"`
		Priority int    `json:"priority,omitempty" minimum:"1" maximum:"100" default:"1" doc:"The lowest number is called first"`
	}
}

type addMemberOutput struct {
	Body struct {
		GroupID    string `json:"group_id"`
		ProviderID string `json:"provider_id"`
		Added      bool   `json:"added"`
	}
}

func (a *API) addMember(ctx context.Context, in *addMemberInput) (*addMemberOutput, error) {
	err := a.Groups.AddMember(ctx, in.id(), group.NewMember{
		ID: provider.ID(in.Body.MemberID), Weight: in.Body.Weight, Priority: in.Body.Priority,
	})
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &addMemberOutput{}
	out.Body.GroupID, out.Body.ProviderID, out.Body.Added = in.GroupID, in.Body.MemberID, true
	return out, nil
}

type removeMemberInput struct {
	OnGroup
	MemberID string `path:"member_id" doc:"The provider's id"`
}

type removeMemberOutput struct {
	Body struct {
		GroupID    string `json:"group_id"`
		ProviderID string `json:"provider_id"`
		Removed    bool   `json:"removed"`
	}
}

func (a *API) removeMember(ctx context.Context, in *removeMemberInput) (*removeMemberOutput, error) {
	if err := a.Groups.RemoveMember(ctx, in.id(), provider.ID(in.MemberID)); err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &removeMemberOutput{}
	out.Body.GroupID, out.Body.ProviderID, out.Body.Removed = in.GroupID, in.MemberID, true
	return out, nil
}

type groupCallInput struct {
	OnGroup
	CallParts
}

func (a *API) callGroupTool(ctx context.Context, in *groupCallInput) (*huma.StreamResponse, error) {
	return a.answerCall(ctx, &in.CallParts, func(ctx context.Context, c invoke.Call) (json.RawMessage, error) {
		return a.GroupCalls.Call(ctx, in.id(), c)
	})
}
