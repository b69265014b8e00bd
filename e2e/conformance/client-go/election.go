package main

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// A contender for a lease, and how to make it give up.
type contender struct {
	elector *leaderelection.LeaderElector
	resign  func()
	ended   chan struct{}
}

func (p *peer) contend(ctx context.Context, name string) (*contender, error) {
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Name: "election", Namespace: p.namespace},
			Client:     p.client.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: name},
		},
		LeaseDuration:   3 * time.Second,
		RenewDeadline:   2 * time.Second,
		RetryPeriod:     200 * time.Millisecond,
		ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) {},
			OnStoppedLeading: func() {},
		},
	})
	if err != nil {
		return nil, err
	}
	own, resign := context.WithCancel(ctx)
	c := &contender{elector: elector, resign: resign, ended: make(chan struct{})}
	go func() {
		defer close(c.ended)
		elector.Run(own)
	}()
	return c, nil
}

// Of two contenders one leads; when it resigns the other does, before the lease has run out.
func leaderElection(ctx context.Context, p *peer) error {
	one, err := p.contend(ctx, "one")
	if err != nil {
		return err
	}
	if err := until(ctx, "one to lead", one.elector.IsLeader); err != nil {
		return err
	}
	two, err := p.contend(ctx, "two")
	if err != nil {
		return err
	}
	if err := until(ctx, "two to see who leads", func() bool { return two.elector.GetLeader() == "one" }); err != nil {
		return err
	}
	lease, err := p.client.CoordinationV1().Leases(p.namespace).Get(ctx, "election", metav1.GetOptions{})
	if err != nil {
		return err
	}
	renewed := lease.Spec.RenewTime.Time
	err = until(ctx, "the lease to be renewed", func() bool {
		lease, err = p.client.CoordinationV1().Leases(p.namespace).Get(ctx, "election", metav1.GetOptions{})
		return err == nil && lease.Spec.RenewTime.Time.After(renewed)
	})
	if err != nil {
		return err
	}
	if two.elector.IsLeader() || !one.elector.IsLeader() {
		return fmt.Errorf("two lead at once, or nobody")
	}
	start := time.Now()
	one.resign()
	<-one.ended
	if err := until(ctx, "two to lead", two.elector.IsLeader); err != nil {
		return err
	}
	if took := time.Since(start); took > 2500*time.Millisecond {
		return fmt.Errorf("it took %s: the lease was not released", took)
	}
	lease, err = p.client.CoordinationV1().Leases(p.namespace).Get(ctx, "election", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if *lease.Spec.HolderIdentity != "two" || *lease.Spec.LeaseTransitions < 1 {
		return fmt.Errorf("the lease says %s after %d transitions", *lease.Spec.HolderIdentity, *lease.Spec.LeaseTransitions)
	}
	two.resign()
	<-two.ended
	return nil
}
